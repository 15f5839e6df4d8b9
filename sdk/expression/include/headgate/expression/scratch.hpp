#pragma once
// Memory for the texts and lists that an evaluation makes. A little of it is there at once; more is
// asked for up to a bound, beyond which the evaluation ends in an error. [worker]

#include <cstddef>
#include <memory>

namespace hg::expression {

class Scratch {
 public:
  static constexpr std::size_t kInlineBytes = 512;
  // What one evaluation may make in all.
  static constexpr std::size_t kBytesMax = 64 * 1024;

  Scratch() = default;
  ~Scratch() { clear(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // Aligned for anything that is no wider than a pointer. Null when the bound is reached.
  void* allocate(std::size_t bytes) noexcept;
  // For another evaluation; what was made before is gone.
  void clear() noexcept;

 private:
  struct Block {
    Block* next;
  };

  std::size_t used_ = 0;  // of the bound
  std::size_t inline_used_ = 0;
  Block* blocks_ = nullptr;
  alignas(std::max_align_t) char inline_[kInlineBytes];
};

}  // namespace hg::expression
