#pragma once
// Statistics that forget with time, each in one 64-bit word that is changed by compare and swap: a
// float and the millisecond of its last change. No lock, and never a value with another's time.
// Forgetting is by time and not by sample: a busy endpoint must not forget faster than an idle
// one. A clock that stands still makes no weight, so a burst within one millisecond counts once in
// a mean; a sum counts each event. [any]

#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>

#include "core/select/milliseconds.hpp"

namespace headgate::select {

// What is left of 1 after `age_ms`: a half after one half-life.
inline double decay(double age_ms, double half_life_ms) {
  constexpr double kForgottenHalfLives = 32;
  if (age_ms <= 0) return 1;
  if (age_ms > kForgottenHalfLives * half_life_ms) return 0;
  // The half-lives are constants, so that no division is left.
  return std::exp2(static_cast<float>(age_ms * (-1 / half_life_ms)));
}

// A value and its time in one atomic word. Stamp 0 means that it was never set.
class StampedValue {
 public:
  struct Parts {
    float value = 0;
    std::uint32_t stamp = 0;
  };

  Parts load() const { return unpack(word_.load(std::memory_order_relaxed)); }
  void store(Parts parts) { word_.store(pack(parts), std::memory_order_relaxed); }

  // Replaces `expected` by `wanted`; if the word holds something else, loads that into `expected`
  // and returns false. May fail without cause, as compare_exchange_weak does.
  bool replace(Parts& expected, Parts wanted);

 private:
  static std::uint64_t pack(Parts parts) {
    return (std::uint64_t{std::bit_cast<std::uint32_t>(parts.value)} << 32) | parts.stamp;
  }
  static Parts unpack(std::uint64_t word) {
    return {std::bit_cast<float>(static_cast<std::uint32_t>(word >> 32)),
            static_cast<std::uint32_t>(word)};
  }

  std::atomic<std::uint64_t> word_{0};
};

// How many events there were lately: each counts 1 when it happens and a half after one half-life.
class DecayedCount {
 public:
  void add(double amount, std::uint32_t now, double half_life_ms);
  double at(std::uint32_t now, double half_life_ms) const {
    const StampedValue::Parts parts = word_.load();
    return parts.value * decay(age_ms(now, parts.stamp), half_life_ms);
  }
  // Nothing happened yet, or everything was forgotten by set(0): the common case, and a cheap test.
  bool zero() const { return word_.load().value == 0; }
  void set(double value, std::uint32_t now);

 private:
  StampedValue word_;
};

// The mean of samples, where the newest stands for the time since the last one.
class DecayedMean {
 public:
  void add(double sample, std::uint32_t now, double half_life_ms);
  bool empty() const { return word_.load().stamp == 0; }
  // REQUIRES: not empty.
  double value() const { return word_.load().value; }
  double value_or(double otherwise) const {
    const StampedValue::Parts parts = word_.load();
    return parts.stamp == 0 ? otherwise : parts.value;
  }

 private:
  StampedValue word_;
};

// A mean that believes bad news at once and good news slowly: a sample above it replaces it, one
// below pulls it down with time. One sample raises it at most by the factor kRaiseMax, because one
// slow answer says little about the endpoint that gave it. The first sample is taken as it is.
class PeakMean {
 public:
  static constexpr double kRaiseMax = 4.0;
  static constexpr double kSampleLeast = 0.001;

  void add(double sample, std::uint32_t now, double half_life_ms);
  bool empty() const { return word_.load().stamp == 0; }
  // REQUIRES: not empty.
  double value() const { return word_.load().value; }
  double value_or(double otherwise) const {
    const StampedValue::Parts parts = word_.load();
    return parts.stamp == 0 ? otherwise : parts.value;
  }

 private:
  StampedValue word_;
};

}  // namespace headgate::select
