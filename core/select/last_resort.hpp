#pragma once
// Who is asked when everything is out. A part of the picker; who explains a pick asks the same
// function. [worker]

#include <algorithm>
#include <tuple>

#include "core/select/candidates.hpp"
#include "core/select/pricing.hpp"

namespace headgate::select {

// Of all that are out, the one whose return is nearest; among equals the cheapest. One that is only
// held back comes before all that failed. Who was told by its upstream when to come back is left in
// peace until then. Takes nothing.
// `price(group)` is the Pricing of a group.
template <class Price>
Candidate find_last_resort(const EndpointSet& set, const PickQuery& query, Rng& rng, Price price) {
  Misses misses;
  Candidate best;
  TimePoint best_return;
  TimePoint best_hold;
  double best_cost = 0;
  for (std::size_t index = 0; index < set.groups(); ++index) {
    const Group& group = set.group(index);
    const Pricing pricing = price(group);
    Candidates candidates(group, query, rng, misses);
    for (const Endpoint& endpoint : group.endpoints()) {
      if (!candidates.willing(endpoint)) continue;
      if (endpoint.base_cell().load.full(endpoint.concurrency_max())) continue;
      if (query.may_resort && !query.may_resort(endpoint)) continue;
      Cell& cell = endpoint.cell_for(query.model);
      if (cell.told_to_wait(query.now)) continue;
      const TimePoint returns = std::max(cell.eviction_ends_at(), query.now);
      const TimePoint hold = std::max(cell.held_back_until(), query.now);
      const double cost = pricing.cost_ms(endpoint, cell);
      if (best && std::tie(returns, hold, cost) >= std::tie(best_return, best_hold, best_cost))
        continue;
      best = {&endpoint, &cell};
      best_return = returns;
      best_hold = hold;
      best_cost = cost;
    }
  }
  return best;
}

}  // namespace headgate::select
