#pragma once
// Which endpoint gets the next attempt: the power of two choices over the first priority group that
// can serve. Two endpoints are drawn by weight; the first stays unless the second is
// cheaper (cost.hpp). No allocation, no lock, no clock: the same at 2 endpoints and at 10,000.
//
// A full scan for the cheapest would send every worker to the same endpoint until the figures
// catch up; two draws do not. A scan happens only when eight draws in a row hit endpoints that
// cannot take the request.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/rng.hpp"
#include "core/select/cost_terms.hpp"
#include "core/select/endpoint_set.hpp"
#include "core/select/function_ref.hpp"
#include "core/select/permit.hpp"

namespace headgate::select {

struct PickQuery {
  TimePoint now;

  // Sizes in tokens; 0 = not known. What is not known is taken from the group's means.
  double prompt_tokens = 0;
  double expected_output_tokens = 0;
  double output_tokens_max = 0;  // the request's own limit
  double estimated_tokens = 0;   // what it occupies; by default occupied_tokens() of the above

  std::uint64_t model = 0;  // model_hash() of what the request names

  // By group: the hash of what the request has in common with others that should go to the same
  // endpoint (affinity.hpp); 0 or none: nothing. Counts in groups that have affinity.
  std::span<const std::uint64_t> affinity;

  // Indexes of endpoints that this request has tried already.
  std::span<const std::uint16_t> excluded;

  // Whether an endpoint can express the request; empty = all can.
  FunctionRef<bool(const Endpoint&)> eligible;

  // Is told of an endpoint that is due to be probed by the gateway itself; may be empty.
  FunctionRef<void(const Endpoint&, Cell&)> probe_due;

  // May be the probe of an endpoint that comes back. Not for an attempt that cannot be repeated.
  bool may_probe = true;

  // When everything is out: the endpoint whose return is nearest, once, instead of nothing. Never
  // one whose upstream said itself when to come back.
  bool last_resort = false;
  // Whether an endpoint may be the last resort; empty = all may.
  FunctionRef<bool(const Endpoint&)> may_resort;
};

// Why this endpoint.
enum class PickReason : std::uint8_t {
  none,
  only,         // there was no second candidate
  first,        // the first drawn, not dearer than the second
  cheaper,      // the second drawn, cheaper
  out_of_turn,  // nothing was heard from it for long
  probe,        // half-open return
  last_resort,  // everything is out
  affinity,     // the first or second of the request's affinity
};
inline constexpr std::size_t kPickReasons = static_cast<std::size_t>(PickReason::affinity) + 1;
std::string_view reason_name(PickReason reason);

// Why there is none. With several causes the one that passes soonest is given.
enum class Shortage : std::uint8_t { nothing, incapable, excluded, evicted, full };
std::string_view shortage_name(Shortage shortage);

// What stands in the way where nobody is in service.
struct Shortfall {
  Shortage shortage = Shortage::nothing;
  std::optional<TimePoint> earliest_return;  // of an evicted endpoint that could serve
  const Endpoint* returning = nullptr;       // that one
  bool held_back = false;                    // one of them is out for nothing but a used up limit
};

// Has a constructor because it travels through coroutines. The shortfall is filled where there is
// no endpoint.
struct PickResult : Shortfall {
  PickResult() = default;

  const Endpoint* endpoint = nullptr;  // null: none
  std::size_t group = 0;
  Permit permit;
  PickReason reason = PickReason::none;
  bool probe = false;
};

// REQUIRES: `set` outlives the permit in the result. [worker]
PickResult pick(const EndpointSet& set, const PickQuery& query, Rng& rng);

// The same within one group: another endpoint of the group is asked before its turn to wait.
PickResult pick_in_group(const EndpointSet& set, std::size_t group, const PickQuery& query,
                         Rng& rng);

// The key that counts in a group; 0: none.
inline std::uint64_t affinity_key(const EndpointSet& set, std::size_t group,
                                  const PickQuery& query) {
  if (group >= query.affinity.size() || set.group(group).rendezvous() == nullptr) return 0;
  return query.affinity[group];
}

// What the request would cost on an endpoint. The pick itself works it out so.
CostTerms cost_terms(const Group& group, const Endpoint& endpoint, const PickQuery& query);

}  // namespace headgate::select
