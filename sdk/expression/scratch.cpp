#include <headgate/expression/scratch.hpp>

#include <cstdlib>

namespace hg::expression {
namespace {

constexpr std::size_t kAlignment = alignof(std::max_align_t);

constexpr std::size_t rounded(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

void* Scratch::allocate(std::size_t bytes) noexcept {
  if (bytes > kBytesMax - used_) return nullptr;
  const std::size_t room = rounded(bytes);
  if (room > kBytesMax - used_) return nullptr;
  if (room <= kInlineBytes - inline_used_) {
    void* const place = inline_ + inline_used_;
    inline_used_ += room;
    used_ += room;
    return place;
  }
  void* const block = std::malloc(rounded(sizeof(Block)) + room);
  if (block == nullptr) return nullptr;
  blocks_ = new (block) Block{blocks_};
  used_ += room;
  return static_cast<char*>(block) + rounded(sizeof(Block));
}

void Scratch::clear() noexcept {
  while (blocks_ != nullptr) {
    Block* const next = blocks_->next;
    std::free(blocks_);
    blocks_ = next;
  }
  used_ = 0;
  inline_used_ = 0;
}

}  // namespace hg::expression
