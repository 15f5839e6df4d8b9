#pragma once
// What is in flight on an endpoint, from the pick to the end of the response body. Adding and
// taking away use the same whole number, so the sum returns to zero exactly. [any]

#include <atomic>
#include <cstdint>

namespace headgate::select {

class Load {
 public:
  void add(std::int64_t tokens) {
    requests_.fetch_add(1, std::memory_order_relaxed);
    tokens_.fetch_add(tokens, std::memory_order_relaxed);
  }
  void remove(std::int64_t tokens) {
    tokens_.fetch_sub(tokens, std::memory_order_relaxed);
    requests_.fetch_sub(1, std::memory_order_relaxed);
  }

  std::int64_t tokens() const { return tokens_.load(std::memory_order_relaxed); }
  std::int32_t requests() const { return requests_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> tokens_{0};
  std::atomic<std::int32_t> requests_{0};
};

// A count with a limit that is given at each use, because it comes from the configuration while
// the count outlives a reload. Add, check, undo: two callers never both get the last place.
class ConcurrencyGate {
 public:
  // 0 = no limit.
  bool try_enter(std::uint32_t limit) {
    const std::int32_t before = inside_.fetch_add(1, std::memory_order_relaxed);
    if (limit == 0 || before < static_cast<std::int32_t>(limit)) return true;
    inside_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void enter() { inside_.fetch_add(1, std::memory_order_relaxed); }
  void leave() { inside_.fetch_sub(1, std::memory_order_relaxed); }
  bool full(std::uint32_t limit) const {
    return limit != 0 && inside() >= static_cast<std::int32_t>(limit);
  }
  std::int32_t inside() const { return inside_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int32_t> inside_{0};
};

}  // namespace headgate::select
