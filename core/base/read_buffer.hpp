#pragma once
// The bytes that were read from a connection and not yet used: one block, filled at its end and
// consumed at its front. Behind the data there are always kPadding readable bytes, so that simdjson
// may read past a body without a copy. The block is taken when there is something to read and goes
// back when it is empty: a thread's connections use few blocks in turn, which stay in its cache,
// and one that waits holds none. [worker]

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "core/base/block_pool.hpp"

namespace headgate {

class ReadBuffer {
 public:
  // What one read may take. Sends cost most, and there is one for each read of a stream: a burst
  // should fit, and so should a usual body with its head.
  static constexpr std::size_t kBlockBytes = 32 * 1024;
  static constexpr std::size_t kPadding = 64;  // SIMDJSON_PADDING

  using Blocks = BlockPool<kBlockBytes + kPadding>;

  // `blocks` must outlive it. Without them its memory is its own.
  explicit ReadBuffer(Blocks* blocks = nullptr) : blocks_(blocks) {}
  ~ReadBuffer() { give_back(); }
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;

  std::string_view data() const { return {memory_ + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  // Room for at least `bytes` behind the data, and all there is. May move the data: views into it
  // die. The caller bounds the growth.
  std::span<char> space(std::size_t bytes = 1) {
    if (capacity_ - end_ < bytes) make_room(bytes);
    return {memory_ + end_, capacity_ - end_};
  }

  // The first `bytes` of space() hold data now.
  void commit(std::size_t bytes) {
    assert(bytes <= capacity_ - end_);
    end_ += bytes;
  }

  // Forgets the first `bytes`; views into what follows stay valid.
  void consume(std::size_t bytes) {
    assert(bytes <= size());
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  // Gives its memory back if it is empty; views into what was there die.
  void release() {
    if (empty()) give_back();
  }

 private:
  void make_room(std::size_t bytes) {
    const std::size_t used = size();
    if (capacity_ - used >= bytes && begin_ >= used) {
      if (used != 0) std::memcpy(memory_, memory_ + begin_, used);
    } else {
      grow(used + bytes);
    }
    begin_ = 0;
    end_ = used;
  }

  // Moves the data to the front of memory for so many bytes.
  void grow(std::size_t bytes) {
    std::unique_ptr<Blocks::Block> block;
    std::unique_ptr<char[]> large;
    const std::size_t capacity = std::max(bytes, kBlockBytes);
    char* memory = nullptr;
    if (blocks_ != nullptr && capacity == kBlockBytes) {
      block = blocks_->take();
      memory = reinterpret_cast<char*>(block->bytes);
    } else {
      large = std::make_unique_for_overwrite<char[]>(capacity + kPadding);
      memory = large.get();
    }
    std::memset(memory + capacity, 0, kPadding);
    if (!empty()) std::memcpy(memory, memory_ + begin_, size());
    give_back();
    block_ = std::move(block);
    large_ = std::move(large);
    memory_ = memory;
    capacity_ = capacity;
  }

  void give_back() {
    if (block_) blocks_->give_back(std::move(block_));
    large_.reset();
    memory_ = nullptr;
    capacity_ = 0;
  }

  Blocks* blocks_;
  // The memory is one of these, or nothing yet.
  std::unique_ptr<Blocks::Block> block_;
  std::unique_ptr<char[]> large_;
  char* memory_ = nullptr;
  std::size_t capacity_ = 0;  // without the padding
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace headgate
