#include "core/select/budget.hpp"

#include <algorithm>

#include "core/select/milliseconds.hpp"

namespace headgate::select {

double Budget::grown(StampedValue::Parts parts, std::uint32_t now) const {
  const double seconds = parts.stamp == 0 ? 1 : age_ms(now, parts.stamp) / 1000.0;
  return std::min(parts.value + seconds * settings_.floor_per_second, settings_.balance_max);
}

bool Budget::try_spend(TimePoint now) {
  const std::uint32_t stamp = to_stamp(now);
  StampedValue::Parts old = word_.load();
  for (;;) {
    const double available = grown(old, stamp);
    // What sums of fractions lose must not cost an attempt.
    constexpr double kRounding = 1e-3;
    if (available < 1 - kRounding) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    if (word_.replace(old, {static_cast<float>(std::max(available - 1, 0.0)), later(old, stamp)})) {
      spent_.fetch_add(1, std::memory_order_relaxed);
      return true;
    }
  }
}

void Budget::deposit(std::uint32_t requests, TimePoint now) {
  const std::uint32_t stamp = to_stamp(now);
  StampedValue::Parts old = word_.load();
  double balance;
  do {
    balance = std::min(grown(old, stamp) + requests * settings_.ratio, settings_.balance_max);
  } while (!word_.replace(old, {static_cast<float>(balance), later(old, stamp)}));
}

double Budget::balance(TimePoint now) const {
  return grown(word_.load(), to_stamp(now));
}

// A worker whose clock reading is a little behind must not turn the time back, or the floor would
// be paid twice.
std::uint32_t Budget::later(StampedValue::Parts parts, std::uint32_t now) {
  return parts.stamp != 0 && age_ms(now, parts.stamp) == 0 ? parts.stamp : now;
}

bool Waiters::Seat::take(Waiters& waiters) {
  if (waiters_) return true;
  if (waiters.waiting_.fetch_add(1, std::memory_order_relaxed) >= kMax) {
    waiters.waiting_.fetch_sub(1, std::memory_order_relaxed);
    waiters.refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  waiters.waited_.fetch_add(1, std::memory_order_relaxed);
  waiters_ = &waiters;
  return true;
}

void Waiters::Seat::release() {
  if (waiters_) waiters_->waiting_.fetch_sub(1, std::memory_order_relaxed);
  waiters_ = nullptr;
}

}  // namespace headgate::select
