#pragma once
// The bytes that were read from a connection and not yet used: one block, filled at its end and
// consumed at its front. Behind the data there are always kPadding readable bytes, so that simdjson
// may read past a body without a copy. [worker]

#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace headgate {

class ReadBuffer {
 public:
  static constexpr std::size_t kInitialBytes = 16 * 1024;
  static constexpr std::size_t kPadding = 64;  // SIMDJSON_PADDING

  // `initial_bytes` is the room that it has from its first use on.
  explicit ReadBuffer(std::size_t initial_bytes = kInitialBytes) : initial_bytes_(initial_bytes) {}

  std::string_view data() const { return {storage_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  // Room for at least `bytes` behind the data, and all there is. May move the data: views into it
  // die. The caller bounds the growth.
  std::span<char> space(std::size_t bytes = 1) {
    if (capacity_ - end_ < bytes) make_room(bytes);
    return {storage_.get() + end_, capacity_ - end_};
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

  // Frees the block when it is empty and larger than the first size: a connection that once
  // carried a large body does not keep its memory while idle.
  void release_if_large() {
    if (empty() && capacity_ > initial_bytes_) {
      storage_.reset();
      capacity_ = 0;
    }
  }

 private:
  void make_room(std::size_t bytes) {
    const std::size_t used = size();
    if (storage_ && capacity_ - used >= bytes && begin_ >= used) {
      std::memcpy(storage_.get(), storage_.get() + begin_, used);
    } else {
      const std::size_t wanted = used + bytes;
      const std::size_t capacity = wanted > initial_bytes_ ? wanted : initial_bytes_;
      auto grown = std::make_unique_for_overwrite<char[]>(capacity + kPadding);
      if (used != 0) std::memcpy(grown.get(), storage_.get() + begin_, used);
      std::memset(grown.get() + capacity, 0, kPadding);
      storage_ = std::move(grown);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = used;
  }

  std::size_t initial_bytes_;
  std::unique_ptr<char[]> storage_;
  std::size_t capacity_ = 0;  // without the padding
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace headgate
