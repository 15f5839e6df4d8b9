#pragma once
// Memory for text that is written thousands of times a second: who writes asks once for the room
// of all that he may write, then writes through a pointer without further checks. [any]

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace headgate {

class TextBuffer {
 public:
  TextBuffer() = default;
  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;

  std::string_view view() const { return {memory_.get(), size_}; }
  std::size_t size() const { return size_; }

  // Where to write: at least `bytes` are there behind the text. Valid until the next call.
  char* room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) grow(bytes);
    return memory_.get() + size_;
  }
  // Takes what was written from room() on. REQUIRES: `end` is within that room.
  void set_end(const char* end) { size_ = static_cast<std::size_t>(end - memory_.get()); }

  // Forgets the text. Memory beyond `kept_bytes_max` is given back, or one large text would hold it
  // for ever.
  void clear(std::size_t kept_bytes_max) {
    size_ = 0;
    if (capacity_ <= kept_bytes_max) return;
    memory_.reset();
    capacity_ = 0;
  }

 private:
  void grow(std::size_t bytes) {
    const std::size_t capacity = std::max(size_ + bytes, capacity_ * 2);
    auto memory = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ != 0) std::memcpy(memory.get(), memory_.get(), size_);
    memory_ = std::move(memory);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace headgate
