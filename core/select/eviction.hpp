#pragma once
// Being out of service, for a time and for a reason. What is out may be the whole endpoint, one
// key, one model, or one model with one key; an endpoint serves only when none of its four is out.
//
// A deadline only ever extends. When it has passed, the return is half-open: one request at a time
// is let through as a probe, under a lease; its success restores, its failure puts the scope out
// again for as long as before. Who is evicted and for how long is decided by others (a provider's
// verdict, a health policy); here it is counted and applied. [any]

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/clock.hpp"

namespace headgate::select {

enum class Scope : std::uint8_t { endpoint, key, model, key_model };
inline constexpr std::size_t kScopes = 4;
inline constexpr std::array<Scope, kScopes> kAllScopes = {Scope::endpoint, Scope::key, Scope::model,
                                                          Scope::key_model};
std::string_view scope_name(Scope scope);

// Why it is out, as whoever decided said.
enum class Cause : std::uint8_t { other, failures, health, retry_after, key, model, probe };
inline constexpr std::size_t kCauses = 7;
std::string_view cause_name(Cause cause);

// What evicting changed.
struct Evicted {
  bool changed = false;  // it is out now, or for longer
  bool anew = false;     // another eviction, and not the last one extended
  explicit operator bool() const { return changed; }
};

// From best to worst.
enum class ServiceState : std::uint8_t { in_service, half_open, out };
std::string_view state_name(ServiceState state);

// The state of one scope, shared by all endpoints that it covers.
class Eviction {
 public:
  Eviction() = default;
  Eviction(const Eviction&) = delete;
  Eviction& operator=(const Eviction&) = delete;

  ServiceState state(TimePoint now) const;
  // The moment from which a probe may pass; the epoch when in service.
  TimePoint until() const;
  // Evictions in a row so far. One is in a row with the last when it comes from a failed probe, or
  // before the scope has served again for as long as it was out.
  std::uint32_t in_a_row(TimePoint now) const;
  // All evictions since the start.
  std::uint32_t total() const { return total_.load(std::memory_order_relaxed); }

  // Why it was put out last.
  Cause cause() const { return cause_.load(std::memory_order_relaxed); }

  // Puts the scope out, or extends. Never shortens.
  Evicted evict(TimePoint until, TimePoint now, Cause cause = Cause::other);

  // Back in service at once, whatever the deadline. For an operator and a policy.
  void restore(TimePoint now);

  // One caller holds the lease at a time, and only while half-open.
  bool try_lease(TimePoint now);
  // Somebody holds it: a probe is under way.
  bool leased() const { return lease_.load(std::memory_order_acquire); }
  void give_back_lease();
  // The probe answered. Restores, unless somebody extended the deadline meanwhile.
  bool probe_succeeded(TimePoint now);
  // The probe failed: out for as long as before. The lease is free.
  void probe_failed(TimePoint now);
  // The same for one that is asked at an interval of its own: out for so long, and whatever comes
  // after its return is no eviction in a row with this failure.
  void probe_failed(TimePoint now, std::chrono::milliseconds wait);

 private:
  std::int64_t extend(std::int64_t until_ms);

  std::atomic<std::int64_t> until_ms_{0};  // 0 = in service
  std::atomic<std::int64_t> evicted_ms_{0};
  std::atomic<std::int64_t> returned_ms_{0};
  std::atomic<std::int64_t> length_ms_{0};  // of the last eviction
  std::atomic<std::uint32_t> in_a_row_{0};
  std::atomic<std::uint32_t> total_{0};
  std::atomic<bool> lease_{false};
  std::atomic<bool> probed_{false};  // a probe failed since the last evict()
  std::atomic<Cause> cause_{Cause::other};
};

// How long the next eviction lasts after `in_a_row` before it: doubling from `base` to `cap`. A
// helper for policies.
constexpr std::chrono::milliseconds duration_for(
    std::uint32_t in_a_row, std::chrono::milliseconds base = std::chrono::seconds(5),
    std::chrono::milliseconds cap = std::chrono::seconds(60)) {
  std::chrono::milliseconds duration = base;
  for (std::uint32_t i = 0; i < in_a_row && duration < cap; ++i) duration *= 2;
  return std::min(duration, cap);
}

}  // namespace headgate::select
