#include "core/select/eviction.hpp"

#include <array>

#include "core/select/milliseconds.hpp"
#include "core/select/relaxed.hpp"

namespace headgate::select {
namespace {

// Rounded up: nothing returns before the moment that was asked for.
std::int64_t to_ms_up(TimePoint time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

std::string_view scope_name(Scope scope) {
  constexpr std::array<std::string_view, kScopes> kNames = {"endpoint", "key", "model",
                                                            "key_model"};
  return kNames[static_cast<std::size_t>(scope)];
}

std::string_view state_name(ServiceState state) {
  constexpr std::array<std::string_view, 3> kNames = {"in_service", "half_open", "out"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view cause_name(Cause cause) {
  constexpr std::array<std::string_view, kCauses> kNames = {
      "other", "failures", "health", "retry_after", "key", "model", "probe"};
  return kNames[static_cast<std::size_t>(cause)];
}

ServiceState Eviction::state(TimePoint now) const {
  const std::int64_t until = until_ms_.load(std::memory_order_acquire);
  if (until == 0) return ServiceState::in_service;
  return to_ms(now) < until ? ServiceState::out : ServiceState::half_open;
}

TimePoint Eviction::until() const {
  return TimePoint(std::chrono::milliseconds(until_ms_.load(kRelaxed)));
}

std::uint32_t Eviction::in_a_row(TimePoint now) const {
  const std::uint32_t row = in_a_row_.load(kRelaxed);
  if (until_ms_.load(kRelaxed) != 0) return row;
  const bool served_long = to_ms(now) - returned_ms_.load(kRelaxed) >= length_ms_.load(kRelaxed);
  return served_long ? 0 : row;
}

Evicted Eviction::evict(TimePoint until, TimePoint now, Cause cause) {
  const std::int64_t now_ms = to_ms(now);
  const std::int64_t until_ms = to_ms_up(until);
  if (until_ms <= now_ms) return {};

  const std::uint32_t row = in_a_row(now);
  const std::int64_t before = extend(until_ms);
  const bool extended = before < until_ms;
  // After a failed probe it is out already; that this is another eviction is said by the caller.
  const bool another = (extended && before == 0) || probed_.exchange(false, kRelaxed);
  if (another) {
    in_a_row_.store(row + 1, kRelaxed);
    total_.fetch_add(1, kRelaxed);
    evicted_ms_.store(now_ms, kRelaxed);
  }
  if (extended) {
    const bool from_now = another || before <= now_ms;
    length_ms_.store(until_ms - (from_now ? now_ms : evicted_ms_.load(kRelaxed)), kRelaxed);
  }
  if (extended || another) cause_.store(cause, kRelaxed);
  return {extended || another, another};
}

// Returns the deadline that was there before.
std::int64_t Eviction::extend(std::int64_t until_ms) {
  std::int64_t before = until_ms_.load(kRelaxed);
  while (before < until_ms &&
         !until_ms_.compare_exchange_weak(before, until_ms, std::memory_order_acq_rel, kRelaxed)) {
  }
  return before;
}

void Eviction::restore(TimePoint now) {
  returned_ms_.store(to_ms(now), kRelaxed);
  probed_.store(false, kRelaxed);
  until_ms_.store(0, std::memory_order_release);
}

bool Eviction::try_lease(TimePoint now) {
  if (state(now) != ServiceState::half_open) return false;
  if (lease_.exchange(true, std::memory_order_acq_rel)) return false;
  // The probe before may have been decided between the two looks.
  if (state(now) == ServiceState::half_open) return true;
  give_back_lease();
  return false;
}

void Eviction::give_back_lease() {
  lease_.store(false, std::memory_order_release);
}

bool Eviction::probe_succeeded(TimePoint now) {
  std::int64_t until = until_ms_.load(std::memory_order_acquire);
  bool restored = false;
  if (until != 0 && until <= to_ms(now)) {
    returned_ms_.store(to_ms(now), kRelaxed);
    probed_.store(false, kRelaxed);
    restored = until_ms_.compare_exchange_strong(until, 0, std::memory_order_acq_rel, kRelaxed);
  }
  give_back_lease();
  return restored;
}

void Eviction::probe_failed(TimePoint now) {
  if (until_ms_.load(kRelaxed) != 0) {
    extend(to_ms(now) + length_ms_.load(kRelaxed));
    probed_.store(true, kRelaxed);
    // The time that the upstream named is over; this one is the gateway's.
    Cause told = Cause::retry_after;
    cause_.compare_exchange_strong(told, Cause::failures, kRelaxed);
  }
  give_back_lease();
}

void Eviction::probe_failed(TimePoint now, std::chrono::milliseconds wait) {
  if (until_ms_.load(kRelaxed) != 0) extend(to_ms(now) + wait.count());
  give_back_lease();
}

}  // namespace headgate::select
