#pragma once
// Memory that lives exactly as long as one request: header text, edits of a body, plugin contexts.
// Nothing in it is freed singly, and no destructor runs. [worker]

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <new>
#include <string_view>
#include <utility>

namespace headgate {

// Not a monotonic_buffer_resource, whose every allocation is a call through a table: a request
// makes forty, and each of these is an addition.
class Arena final : private std::pmr::memory_resource {
 public:
  Arena() = default;
  ~Arena() override { free_blocks(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // REQUIRES: `alignment` is a power of two. Throws bad_alloc.
  [[gnu::always_inline]] void* allocate(std::size_t size,
                                        std::size_t alignment = alignof(std::max_align_t)) {
    const auto room = static_cast<std::size_t>(end_ - at_);
    const std::size_t skipped = -reinterpret_cast<std::uintptr_t>(at_) & (alignment - 1);
    if (skipped > room || size > room - skipped) return allocate_in_new_block(size, alignment);
    char* const place = at_ + skipped;
    at_ = place + size;
    return place;
  }

  // A copy of `text` that lives as long as the arena.
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* place = static_cast<char*>(allocate(text.size(), 1));
    std::memcpy(place, text.data(), text.size());
    return {place, text.size()};
  }

  // Frees everything; all views into the arena die.
  void reset() {
    free_blocks();
    at_ = inline_;
    end_ = inline_ + kInlineBytes;
    next_bytes_ = kFirstBlockBytes;
    block_bytes_ = 0;
  }

  // What it has taken from the heap: nothing while its own room is enough.
  std::size_t block_bytes() const { return block_bytes_; }

  // What is used of its own room.
  std::string_view own_used() const {
    return {inline_, blocks_ == nullptr ? static_cast<std::size_t>(at_ - inline_) : kInlineBytes};
  }

  std::pmr::memory_resource* resource() { return this; }

 private:
  // What most requests need in all.
  static constexpr std::size_t kInlineBytes = 4096;
  // Then come blocks that double in size up to the largest; what needs more gets its own.
  static constexpr std::size_t kFirstBlockBytes = 8192;
  static constexpr std::size_t kLargestBlockBytes = 1024 * 1024;

  struct Block {
    Block* next;
  };

  [[gnu::noinline]] void* allocate_in_new_block(std::size_t size, std::size_t alignment) {
    const std::size_t needed = sizeof(Block) + alignment + size;
    if (needed < size) throw std::bad_alloc();
    const std::size_t bytes = std::max(needed, next_bytes_);
    char* const memory = static_cast<char*>(::operator new(bytes));
    blocks_ = new (memory) Block{blocks_};
    at_ = memory + sizeof(Block);
    end_ = memory + bytes;
    next_bytes_ = std::min(next_bytes_ * 2, kLargestBlockBytes);
    block_bytes_ += bytes;
    return allocate(size, alignment);  // which fits now
  }
  void free_blocks() {
    while (blocks_ != nullptr) ::operator delete(std::exchange(blocks_, blocks_->next));
  }

  void* do_allocate(std::size_t size, std::size_t alignment) override {
    return allocate(size, alignment);
  }
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  char* at_ = inline_;
  char* end_ = inline_ + kInlineBytes;
  Block* blocks_ = nullptr;
  std::size_t next_bytes_ = kFirstBlockBytes;
  std::size_t block_bytes_ = 0;
  alignas(std::max_align_t) char inline_[kInlineBytes];
};

}  // namespace headgate
