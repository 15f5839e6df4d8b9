#include "core/select/cell.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/select/health.hpp"
#include "core/select/milliseconds.hpp"

namespace headgate::select {

Cell::Cell(Target& target, std::string model, const std::array<Eviction*, 3>& shared, TimePoint now)
    // A scope that it joins may be out already.
    : attention(1),
      slow_start_since(to_stamp(now)),
      last_sample(to_stamp(now)),
      scopes{shared[0], shared[1], shared[2], &key_model},
      target(target),
      model(std::move(model)) {}

Cell::~Cell() {
  delete times_.load(std::memory_order_relaxed);
}

CellTimes& Cell::times() {
  if (CellTimes* const known = known_times()) return *known;
  auto made = std::make_unique<CellTimes>();
  CellTimes* first = nullptr;
  if (!times_.compare_exchange_strong(first, made.get(), std::memory_order_acq_rel)) return *first;
  return *made.release();
}

ServiceState Cell::state(TimePoint now) const {
  if (now < held_back_until()) return ServiceState::out;
  return evicted_state(now);
}

ServiceState Cell::evicted_state(TimePoint now) const {
  ServiceState worst = ServiceState::in_service;
  for (const Eviction* scope : scopes) worst = std::max(worst, scope->state(now));
  return worst;
}

// An eviction counts `attention` up after it has set its deadline, so if the count is still the
// one from before the look, there was nothing to see.
ServiceState Cell::attentive_state(TimePoint now) {
  std::uint32_t seen = attention.load(std::memory_order_acquire);
  const ServiceState found = state(now);
  if (found == ServiceState::in_service)
    attention.compare_exchange_strong(seen, 0, std::memory_order_acq_rel);
  return found;
}

std::optional<Scope> Cell::told_to_wait(TimePoint now) const {
  for (const Scope scope : kAllScopes) {
    const Eviction& found = eviction(scope);
    if (found.cause() == Cause::retry_after && found.state(now) == ServiceState::out) return scope;
  }
  return std::nullopt;
}

bool Cell::being_probed(TimePoint now) const {
  return evicted_state(now) == ServiceState::half_open &&
         std::any_of(scopes.begin(), scopes.end(),
                     [](const Eviction* scope) { return scope->leased(); });
}

TimePoint Cell::returns_at() const {
  return std::max(eviction_ends_at(), held_back_until());
}

TimePoint Cell::eviction_ends_at() const {
  TimePoint latest{};
  for (const Eviction* scope : scopes) latest = std::max(latest, scope->until());
  return latest;
}

void Cell::hold_back(TimePoint until) {
  const std::int64_t until_ms =
      std::chrono::ceil<std::chrono::milliseconds>(until.time_since_epoch()).count();
  std::int64_t before = held_back_until_ms.load(std::memory_order_relaxed);
  while (before < until_ms &&
         !held_back_until_ms.compare_exchange_weak(before, until_ms, std::memory_order_acq_rel)) {
  }
  attention.fetch_add(1, std::memory_order_acq_rel);
}

TimePoint Cell::held_back_until() const {
  return TimePoint(std::chrono::milliseconds(held_back_until_ms.load(std::memory_order_acquire)));
}

void Cell::begin_return(TimePoint now) {
  const std::uint32_t stamp = to_stamp(now);
  const float health = restore_health.exchange(-1, std::memory_order_relaxed);
  if (health >= 0) successes.set(0, stamp);
  failures.set(health >= 0 ? failures_for_health(health) : 0, stamp);
  consecutive_failures.store(0, std::memory_order_relaxed);
  slow_start_since.store(stamp, std::memory_order_relaxed);
}

}  // namespace headgate::select
