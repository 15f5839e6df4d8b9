#pragma once
// What is in flight on an endpoint, from the pick to the end of the response body: requests and
// their estimated tokens, in one word, because two locked instructions cost twice as much as one.
// Adding and taking away use the same whole number, so both return to zero exactly.
//
// Where workers keep meeting at the same endpoint, as they do where there are few, its load is
// spread: each thread counts in a line of its own, and a pick takes what the others have in flight
// from a sum that is at most 10 ms old. Among thousands of endpoints it stays one word. [any]

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/select/milliseconds.hpp"
#include "core/select/relaxed.hpp"

namespace headgate::select {

class Load {
 public:
  // Counts requests; each is taken away from the word that it was added to.
  using Word = std::atomic<std::int64_t>;

  // The most that one request counts for: 100,000 such requests fit the word.
  static constexpr std::int64_t kRequestTokensMax = 10'000'000;

  Load() = default;
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // REQUIRES: 0 <= tokens <= kRequestTokensMax.
  Word& add(std::int64_t tokens, std::uint32_t now) {
    if (Spread* const spread = spread_.load(std::memory_order_acquire))
      return spread->add(word_of(tokens));
    const std::int64_t seen = word_.load(kRelaxed);
    if (word_.fetch_add(word_of(tokens), kRelaxed) != seen) collide(now);
    return word_;
  }

  // Add, check, undo: two callers never both get the last place; null: there is none. The limit is
  // given at each use, because it comes from the configuration while the load outlives a reload;
  // 0 = none. Where there is one, all count in the same word.
  Word* try_add(std::int64_t tokens, std::uint32_t requests_max, std::uint32_t now) {
    if (requests_max == 0) return &add(tokens, now);
    const std::int64_t before = word_.fetch_add(word_of(tokens), kRelaxed);
    if (requests_of(before + in_spread()) < requests_max) return &word_;
    remove(word_, tokens);
    return nullptr;
  }
  static void remove(Word& counted, std::int64_t tokens) {
    counted.fetch_sub(word_of(tokens), kRelaxed);
  }

  std::int64_t requests() const { return requests_of(sum()); }
  std::int64_t tokens() const { return tokens_of(sum()); }
  bool full(std::uint32_t requests_max) const {
    return requests_max != 0 && requests() >= requests_max;
  }
  // The same as far as a pick has to know: this thread's own exactly, the others' as of kAskMs ago
  // or less.
  std::int64_t tokens_seen(std::uint32_t now) const {
    const std::int64_t word = word_.load(kRelaxed);
    Spread* const spread = spread_.load(std::memory_order_acquire);
    return tokens_of(spread == nullptr ? word : word + spread->seen(now));
  }

  // Another thread counted in between. When that happens to a thread twice in a tenth of a second,
  // the load is spread from here on.
  void collide(std::uint32_t now);
  bool is_spread() const { return spread_.load(kRelaxed) != nullptr; }

 private:
  static constexpr int kTokenBits = 40;
  static constexpr std::int64_t kOneRequest = std::int64_t{1} << kTokenBits;
  static constexpr std::int64_t word_of(std::int64_t tokens) { return kOneRequest + tokens; }
  static constexpr std::int64_t requests_of(std::int64_t word) { return word >> kTokenBits; }
  static constexpr std::int64_t tokens_of(std::int64_t word) { return word & (kOneRequest - 1); }

  // Two lines: processors fetch lines in pairs.
  struct alignas(128) Stripe {
    Word word{0};
    Word others{0};                       // what the other stripes had
    std::atomic<std::uint32_t> asked{0};  // stamp of when
  };

  // More threads than stripes share them.
  class Spread {
   public:
    Word& add(std::int64_t request) {
      Word& own = stripes_[place()].word;
      own.fetch_add(request, kRelaxed);
      return own;
    }
    std::int64_t sum() const;
    std::int64_t seen(std::uint32_t now) {
      Stripe& own = stripes_[place()];
      if (age_ms(now, own.asked.load(kRelaxed)) >= kAskMs) ask(own, now);
      return own.word.load(kRelaxed) + own.others.load(kRelaxed);
    }

   private:
    static constexpr std::size_t kStripes = 16;
    // Each look waits for lines that other processors write.
    static constexpr std::uint32_t kAskMs = 10;

    static std::size_t place() { return place_ < kStripes ? place_ : take_place(); }
    static std::size_t take_place();
    void ask(Stripe& own, std::uint32_t now);

    static constinit thread_local std::size_t place_;
    std::array<Stripe, kStripes> stripes_;
  };

  std::int64_t in_spread() const {
    const Spread* const spread = spread_.load(std::memory_order_acquire);
    return spread == nullptr ? 0 : spread->sum();
  }
  std::int64_t sum() const { return word_.load(kRelaxed) + in_spread(); }

  Word word_{0};
  std::atomic<Spread*> spread_{nullptr};  // owned; kept to the end
};

}  // namespace headgate::select
