#pragma once
// Memory for objects that are made and ended with every request and are too large for malloc's
// quick lists: blocks of one size that are used again, last given back first. [worker]

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace headgate {

template <std::size_t kBytes>
class BlockPool {
 public:
  // Blocks that wait for their next use, 8 MiB of them; more are freed. A worker with many requests
  // in flight at a time would else ask malloc for most of them.
  static constexpr std::size_t kKeptMax = 8 * 1024 * 1024 / kBytes;

  struct Block {
    alignas(std::max_align_t) std::byte bytes[kBytes];
  };

  BlockPool() { kept_.reserve(kKeptMax); }
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  std::unique_ptr<Block> take() {
    if (kept_.empty()) return std::make_unique_for_overwrite<Block>();
    std::unique_ptr<Block> block = std::move(kept_.back());
    kept_.pop_back();
    return block;
  }
  void give_back(std::unique_ptr<Block> block) {
    if (kept_.size() < kKeptMax) kept_.push_back(std::move(block));
  }
  std::size_t kept() const { return kept_.size(); }

 private:
  std::vector<std::unique_ptr<Block>> kept_;
};

// One object in a block of a pool, which must outlive it.
template <class T, std::size_t kBytes>
class Pooled {
 public:
  template <class... Args>
  explicit Pooled(BlockPool<kBytes>& pool, Args&&... args)
      : pool_(pool),
        block_(pool.take()),
        object_(::new(block_->bytes) T(std::forward<Args>(args)...)) {
    static_assert(sizeof(T) <= kBytes && alignof(T) <= alignof(std::max_align_t));
  }
  ~Pooled() {
    object_->~T();
    pool_.give_back(std::move(block_));
  }
  Pooled(const Pooled&) = delete;
  Pooled& operator=(const Pooled&) = delete;

  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }

 private:
  BlockPool<kBytes>& pool_;
  std::unique_ptr<typename BlockPool<kBytes>::Block> block_;
  T* object_;
};

}  // namespace headgate
