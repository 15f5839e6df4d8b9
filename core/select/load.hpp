#pragma once
// What is in flight on an endpoint, from the pick to the end of the response body: requests and
// their estimated tokens, in one word, because two locked instructions cost twice as much as one.
// Adding and taking away use the same whole number, so both return to zero exactly. [any]

#include <atomic>
#include <cstdint>

namespace headgate::select {

class Load {
 public:
  // The most that one request counts for: 100,000 such requests fit the word.
  static constexpr std::int64_t kRequestTokensMax = 10'000'000;

  // REQUIRES: 0 <= tokens <= kRequestTokensMax.
  void add(std::int64_t tokens) { word_.fetch_add(word_of(tokens), std::memory_order_relaxed); }

  // Add, check, undo: two callers never both get the last place. The limit is given at each use,
  // because it comes from the configuration while the load outlives a reload; 0 = none.
  bool try_add(std::int64_t tokens, std::uint32_t requests_max) {
    const std::int64_t before = word_.fetch_add(word_of(tokens), std::memory_order_relaxed);
    if (requests_max == 0 || requests_of(before) < requests_max) return true;
    remove(tokens);
    return false;
  }
  void remove(std::int64_t tokens) { word_.fetch_sub(word_of(tokens), std::memory_order_relaxed); }

  std::int64_t requests() const { return requests_of(word_.load(std::memory_order_relaxed)); }
  std::int64_t tokens() const { return word_.load(std::memory_order_relaxed) & (kOneRequest - 1); }
  bool full(std::uint32_t requests_max) const {
    return requests_max != 0 && requests() >= requests_max;
  }

 private:
  static constexpr int kTokenBits = 40;
  static constexpr std::int64_t kOneRequest = std::int64_t{1} << kTokenBits;
  static constexpr std::int64_t word_of(std::int64_t tokens) { return kOneRequest + tokens; }
  static constexpr std::int64_t requests_of(std::int64_t word) { return word >> kTokenBits; }

  std::atomic<std::int64_t> word_{0};
};

}  // namespace headgate::select
