#pragma once
// A bound on all bodies that the process holds at one time: those of requests, answers that are
// held until they are complete, and what is made of either. Given back by the holder's end. [any]

#include <atomic>
#include <cstdint>
#include <utility>

namespace headgate::exchange {

class BodyBudget {
 public:
  static constexpr std::uint64_t kFreeBytes = 64 * 1024;

  explicit BodyBudget(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // Bytes that are held; gives them back at its end.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept { *this = std::move(other); }
    Share& operator=(Share&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Share() { release(); }

    // Holds `bytes` in all from now on; false, and nothing changed, when there is no room.
    bool grow_to(BodyBudget& budget, std::uint64_t bytes) {
      if (bytes <= bytes_) return true;
      const std::uint64_t more = bytes - bytes_;
      if (budget.held_.fetch_add(more, std::memory_order_relaxed) + more > budget.bytes_max_) {
        budget.held_.fetch_sub(more, std::memory_order_relaxed);
        return false;
      }
      budget_ = &budget;
      bytes_ = bytes;
      return true;
    }

    // The same for what a request mostly has in any case: up to kFreeBytes nothing is counted, and
    // above it in whole steps of that size, so that little is paid for holding a little more.
    bool hold(BodyBudget& budget, std::uint64_t bytes) {
      if (bytes < kFreeBytes || bytes <= bytes_) return true;
      return grow_to(budget, (bytes | (kFreeBytes - 1)) + 1);
    }

    void release() {
      if (budget_) budget_->held_.fetch_sub(bytes_, std::memory_order_relaxed);
      budget_ = nullptr;
      bytes_ = 0;
    }

   private:
    BodyBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  std::uint64_t held() const { return held_.load(std::memory_order_relaxed); }
  void set_max(std::uint64_t bytes) { bytes_max_ = bytes; }

 private:
  std::atomic<std::uint64_t> bytes_max_;
  std::atomic<std::uint64_t> held_{0};
};

}  // namespace headgate::exchange
