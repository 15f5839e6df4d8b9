#pragma once
// An endpoint as people see it: every figure behind its score, for metrics, the admin pages and
// explanations. Reading it changes nothing. [any]

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/select/milliseconds.hpp"
#include "core/select/picker.hpp"

namespace headgate::select {

struct ScopeView {
  Scope scope = Scope::endpoint;
  ServiceState state = ServiceState::in_service;
  std::optional<Millis> returns_in;  // until a probe may pass; nothing when in service
  std::uint32_t evictions = 0;       // since the start
  std::uint32_t in_a_row = 0;
  Cause cause = Cause::other;  // of the last one
};

struct CellView {
  std::string_view name;  // the endpoint's, and as long-lived
  std::uint16_t index = 0;
  std::uint32_t weight = 0;
  std::int64_t requests_in_flight = 0;
  std::int64_t tokens_in_flight = 0;
  std::uint32_t concurrency_max = 0;
  std::optional<double> ttft_ms;  // nothing: no sample yet
  std::optional<double> tpot_ms;
  double successes = 0;  // decayed
  double failures = 0;
  std::uint32_t consecutive_failures = 0;
  double slow_start_share = 1;
  Millis since_last_sample{0};
  CostTerms terms;                                // for a request of the group's mean size
  ServiceState state = ServiceState::in_service;  // the worst of the scopes; out when held back
  std::optional<Millis> held_back_for;            // by a rate limit that is used up
  std::array<ScopeView, kScopes> scopes;
};

class Pricing;

// For a request that brings this along. REQUIRES: `pricing` is of the group and the query.
CellView view_of(const Group& group, const Endpoint& endpoint, const PickQuery& query,
                 const Pricing& pricing);

CellView snapshot_of(const Group& group, const Endpoint& endpoint, TimePoint now,
                     std::uint64_t model = 0);

}  // namespace headgate::select
