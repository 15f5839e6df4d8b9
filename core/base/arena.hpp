#pragma once
// Memory that lives exactly as long as one request: header text, edits of a body, plugin contexts.
// Nothing in it is freed singly, and no destructor runs. [worker]

#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <string_view>

namespace headgate {

class Arena {
 public:
  Arena() : memory_(inline_, sizeof(inline_)) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
    return memory_.allocate(size, alignment);
  }

  // A copy of `text` that lives as long as the arena.
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* place = static_cast<char*>(memory_.allocate(text.size(), 1));
    std::memcpy(place, text.data(), text.size());
    return {place, text.size()};
  }

  // Frees everything; all views into the arena die.
  void reset() { memory_.release(); }

  std::pmr::memory_resource* resource() { return &memory_; }

 private:
  // What most requests need in all.
  static constexpr std::size_t kInlineBytes = 4096;

  alignas(std::max_align_t) char inline_[kInlineBytes];
  std::pmr::monotonic_buffer_resource memory_;
};

}  // namespace headgate
