#include "core/select/load.hpp"

#include <memory>

#include "core/select/milliseconds.hpp"

namespace headgate::select {

constinit thread_local std::size_t Load::Spread::place_ = kStripes;

Load::~Load() {
  delete spread_.load(kRelaxed);
}

void Load::collide(std::uint32_t now) {
  constexpr std::uint32_t kSoonMs = 100;
  struct Collision {
    const Load* at = nullptr;
    std::uint32_t when = 0;
  };
  static constinit thread_local Collision last;
  const bool again = last.at == this && age_ms(now, last.when) <= kSoonMs;
  last = {this, now};
  if (!again || is_spread()) return;
  auto made = std::make_unique<Spread>();
  Spread* none = nullptr;
  if (spread_.compare_exchange_strong(none, made.get(), std::memory_order_acq_rel)) made.release();
}

std::size_t Load::Spread::take_place() {
  static constinit std::atomic<std::size_t> threads{0};
  return place_ = threads.fetch_add(1, kRelaxed) % kStripes;
}

std::int64_t Load::Spread::sum() const {
  std::int64_t sum = 0;
  for (const Stripe& stripe : stripes_) sum += stripe.word.load(kRelaxed);
  return sum;
}

void Load::Spread::ask(Stripe& own, std::uint32_t now) {
  own.asked.store(now, kRelaxed);
  own.others.store(sum() - own.word.load(kRelaxed), kRelaxed);
}

}  // namespace headgate::select
