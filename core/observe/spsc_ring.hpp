#pragma once
// A bounded queue from one thread to one other, without locks. [one producer, one consumer]

#include <atomic>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

namespace headgate::observe {

template <class T>
class SpscRing {
 public:
  // Holds at least `items_max`, rounded up to a power of two.
  explicit SpscRing(std::size_t items_max)
      : items_(std::bit_ceil(items_max)), mask_(items_.size() - 1) {}

  // Moves `item` in and returns true, or leaves it alone when the ring is full. [producer]
  // Sequentially consistent, so that a producer that then looks for a sleeping consumer, and a
  // consumer that says it sleeps and then looks into the ring, cannot miss each other.
  bool push(T& item) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - known_head_ == items_.size()) {
      known_head_ = head_.load(std::memory_order_acquire);
      if (tail - known_head_ == items_.size()) return false;
    }
    items_[tail & mask_] = std::move(item);
    tail_.store(tail + 1, std::memory_order_seq_cst);
    return true;
  }

  // [consumer]
  bool pop(T& item) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == known_tail_) {
      known_tail_ = tail_.load(std::memory_order_seq_cst);
      if (head == known_tail_) return false;
    }
    item = std::move(items_[head & mask_]);
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  // [consumer]
  std::size_t size() const {
    return tail_.load(std::memory_order_seq_cst) - head_.load(std::memory_order_relaxed);
  }

  // How many were ever pushed. [producer]
  std::size_t pushed() const { return tail_.load(std::memory_order_relaxed); }
  std::size_t capacity() const { return items_.size(); }

 private:
  static constexpr std::size_t kCacheLine = 64;

  std::vector<T> items_;
  const std::size_t mask_;
  // Each side keeps what it last saw of the other beside its own index.
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};
  std::size_t known_head_ = 0;
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};
  std::size_t known_tail_ = 0;
};

}  // namespace headgate::observe
