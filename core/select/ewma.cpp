#include "core/select/ewma.hpp"

#include <algorithm>

namespace headgate::select {
namespace {

// The share of the old value in a mean after the time since its last sample.
double old_share(StampedValue::Parts parts, std::uint32_t now, double half_life_ms) {
  return decay(age_ms(now, parts.stamp), half_life_ms);
}

}  // namespace

bool StampedValue::replace(Parts& expected, Parts wanted) {
  std::uint64_t word = pack(expected);
  const bool done = word_.compare_exchange_weak(word, pack(wanted), std::memory_order_relaxed);
  if (!done) expected = unpack(word);
  return done;
}

void DecayedCount::add(double amount, std::uint32_t now, double half_life_ms) {
  StampedValue::Parts old = word_.load();
  StampedValue::Parts wanted;
  do {
    wanted.value = static_cast<float>(old.value * old_share(old, now, half_life_ms) + amount);
    // A worker that is a little behind must not turn the time back.
    wanted.stamp = old.stamp != 0 && age_ms(now, old.stamp) == 0 ? old.stamp : now;
  } while (!word_.replace(old, wanted));
}

void DecayedCount::set(double value, std::uint32_t now) {
  word_.store({static_cast<float>(value), now});
}

void DecayedMean::add(double sample, std::uint32_t now, double half_life_ms) {
  StampedValue::Parts old = word_.load();
  StampedValue::Parts wanted;
  do {
    if (old.stamp == 0) {
      wanted = {static_cast<float>(sample), now};
      continue;
    }
    if (age_ms(now, old.stamp) == 0) return;
    const double kept = old_share(old, now, half_life_ms);
    wanted = {static_cast<float>(old.value * kept + sample * (1 - kept)), now};
  } while (!word_.replace(old, wanted));
}

void PeakMean::add(double sample, std::uint32_t now, double half_life_ms) {
  // From zero, no factor would ever lead away.
  if (!(sample > kSampleLeast)) sample = kSampleLeast;
  StampedValue::Parts old = word_.load();
  StampedValue::Parts wanted;
  do {
    if (old.stamp == 0) {
      wanted = {static_cast<float>(sample), now};
    } else if (sample > old.value) {
      wanted = {static_cast<float>(std::min(sample, old.value * kRaiseMax)), now};
    } else {
      if (age_ms(now, old.stamp) == 0) return;
      const double kept = old_share(old, now, half_life_ms);
      wanted = {static_cast<float>(old.value * kept + sample * (1 - kept)), now};
    }
  } while (!word_.replace(old, wanted));
}

}  // namespace headgate::select
