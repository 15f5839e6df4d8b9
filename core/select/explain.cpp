#include "core/select/explain.hpp"

#include <algorithm>
#include <numeric>

#include "core/select/affinity.hpp"
#include "core/select/candidates.hpp"
#include "core/select/last_resort.hpp"
#include "core/select/pick_shares.hpp"
#include "core/select/preference.hpp"
#include "core/select/pricing.hpp"

namespace headgate::select {
namespace {

Pricing priced(const Group& group, const PickQuery& query) {
  return {group, query, group.peek_estimates(query.model, to_stamp(query.now))};
}

bool excluded(const Endpoint& endpoint, const PickQuery& query) {
  return std::find(query.excluded.begin(), query.excluded.end(), endpoint.index()) !=
         query.excluded.end();
}

// The leases of all scopes that are not in service are free.
bool probe_is_free(const Cell& cell, TimePoint now) {
  return std::all_of(kAllScopes.begin(), kAllScopes.end(), [&](Scope scope) {
    const Eviction& eviction = cell.eviction(scope);
    return eviction.state(now) == ServiceState::in_service || !eviction.leased();
  });
}

// In the order of Candidates::willing() and usable().
Standing standing_of(const Endpoint& endpoint, const PickQuery& query) {
  if (endpoint.weight() == 0) return Standing::drained;
  if (query.eligible && !query.eligible(endpoint)) return Standing::incapable;
  if (excluded(endpoint, query)) return Standing::excluded;
  const Cell& cell = endpoint.cell_for(query.model);
  const ServiceState state = cell.state(query.now);
  if (state == ServiceState::out) return Standing::out;
  if (endpoint.base_cell().load.full(endpoint.concurrency_max())) return Standing::full;
  if (state == ServiceState::in_service) return Standing::candidate;
  return query.may_probe && !endpoint.probed() && probe_is_free(cell, query.now)
             ? Standing::probe
             : Standing::probing;
}

bool usable(Standing standing) {
  return standing == Standing::candidate || standing == Standing::probe;
}

GroupExplanation explain_group(const Group& group, const PickQuery& query) {
  const Pricing pricing = priced(group, query);
  GroupExplanation explained;
  explained.usual = pricing.usual();
  explained.median_cost_ms = pricing.median_cost_ms();
  explained.output_tokens = pricing.output_tokens();
  explained.request_tokens = pricing.request_tokens();
  explained.endpoints.reserve(group.endpoints().size());
  for (const Endpoint& endpoint : group.endpoints()) {
    EndpointExplanation& each = explained.endpoints.emplace_back();
    each.view = view_of(group, endpoint, query, pricing);
    each.standing = standing_of(endpoint, query);
  }
  return explained;
}

bool serves(const GroupExplanation& group) {
  return std::any_of(group.endpoints.begin(), group.endpoints.end(),
                     [](const EndpointExplanation& each) { return usable(each.standing); });
}

void add_shares(const Group& group, const PickQuery& query, Rng& rng, GroupExplanation& explained,
                Explanation& result) {
  std::vector<Chance> chances;
  chances.reserve(explained.endpoints.size());
  for (std::size_t i = 0; i < explained.endpoints.size(); ++i) {
    const EndpointExplanation& each = explained.endpoints[i];
    const Cell& cell = group.endpoints()[i].cell_for(query.model);
    Chance& chance = chances.emplace_back();
    chance.weight = each.view.weight;
    chance.usable = usable(each.standing);
    chance.probe = each.standing == Standing::probe;
    chance.drawn = {each.view.terms.cost_ms, stale(cell, to_stamp(query.now), group.settings())};
  }
  const bool exact = chances.size() <= Explanation::kExactMax;
  result.draws = exact ? 0 : Explanation::kDraws;
  const std::vector<ReasonShares> shares =
      exact ? exact_shares(group, chances) : drawn_shares(group, chances, result.draws, rng);
  for (std::size_t i = 0; i < shares.size(); ++i)
    explained.endpoints[i].share_by_reason = shares[i];
}

// Who gets it by affinity, all of it; false: it is chosen as any other.
bool add_preferred(const Group& group, const PickQuery& query, std::uint64_t key, Rng& rng,
                   Explanation& result) {
  Misses misses;
  const Pricing pricing = priced(group, query);
  Candidates candidates(group, query, rng, misses);
  AffinityExplanation& affinity = result.affinity.emplace();
  const auto able = [&](std::size_t place) { return candidates.willing(group.endpoints()[place]); };
  if (const auto home = group.rendezvous()->first_two(key, able)[0])
    affinity.home = group.endpoints()[*home].index();
  std::vector<EndpointExplanation>& endpoints = result.groups[*result.group].endpoints;
  Preferred preferred(group, query, key, pricing, candidates);
  bool found = false;
  while (const std::optional<Preferred::Place> next = preferred.next_in_order()) {
    EndpointExplanation& each = endpoints[next->place];
    affinity.order.push_back({each.view.index, next->has_room});
    if (found || !next->has_room || !usable(each.standing)) continue;
    const bool probe = each.standing == Standing::probe;
    const PickReason reason = probe ? PickReason::probe : PickReason::affinity;
    each.share_by_reason[static_cast<std::size_t>(reason)] = 1;
    found = true;
  }
  return found;
}

void add_likeliest(Explanation& result) {
  double most = 0;
  for (const EndpointExplanation& each : result.groups[*result.group].endpoints) {
    if (each.share() <= most) continue;
    most = each.share();
    result.likeliest = each.view.index;
    const auto reason = std::max_element(each.share_by_reason.begin(), each.share_by_reason.end());
    result.reason = static_cast<PickReason>(reason - each.share_by_reason.begin());
  }
}

// What the picker's misses would say.
void add_shortage(const EndpointSet& set, const PickQuery& query, Explanation& result) {
  Misses misses;
  for (const GroupExplanation& group : result.groups) {
    for (const EndpointExplanation& each : group.endpoints) {
      const Endpoint& endpoint = set.endpoint(each.view.index);
      switch (each.standing) {
        case Standing::drained:
        case Standing::incapable:
          misses.add(Shortage::incapable);
          break;
        case Standing::excluded:
          misses.add(Shortage::excluded);
          break;
        case Standing::out:
          misses.out(endpoint, endpoint.cell_for(query.model), query.now);
          break;
        case Standing::probing:
          misses.add(Shortage::evicted);
          misses.returns(endpoint, query.now + Candidates::kProbeRecheck);
          break;
        case Standing::full:
          misses.add(Shortage::full);
          break;
        case Standing::candidate:
        case Standing::probe:
          break;
      }
    }
  }
  static_cast<Shortfall&>(result) = misses;
}

bool add_last_resort(const EndpointSet& set, const PickQuery& query, Rng& rng,
                     Explanation& result) {
  const Candidate best =
      find_last_resort(set, query, rng, [&](const Group& group) { return priced(group, query); });
  if (!best) return false;
  const std::uint16_t index = best.endpoint->index();
  result.group = set.group_of(index);
  for (EndpointExplanation& each : result.groups[*result.group].endpoints) {
    if (each.view.index != index) continue;
    each.share_by_reason[static_cast<std::size_t>(PickReason::last_resort)] = 1;
  }
  return true;
}

}  // namespace

double EndpointExplanation::share() const {
  return std::accumulate(share_by_reason.begin(), share_by_reason.end(), 0.0);
}

Explanation explain(const EndpointSet& set, const PickQuery& query, Rng& rng) {
  Explanation result;
  for (std::size_t i = 0; i < set.groups(); ++i) {
    result.groups.push_back(explain_group(set.group(i), query));
    if (!result.group && serves(result.groups.back())) result.group = i;
  }
  if (result.group) {
    const Group& group = set.group(*result.group);
    GroupExplanation& explained = result.groups[*result.group];
    const std::uint64_t key = affinity_key(set, *result.group, query);
    if (key == 0 || !add_preferred(group, query, key, rng, result))
      add_shares(group, query, rng, explained, result);
  } else {
    add_shortage(set, query, result);
    if (!query.last_resort || !add_last_resort(set, query, rng, result)) return result;
  }
  add_likeliest(result);
  return result;
}

std::string_view standing_name(Standing standing) {
  constexpr std::array<std::string_view, 8> kNames = {
      "candidate", "probe", "probing", "out", "full", "excluded", "incapable", "drained"};
  return kNames[static_cast<std::size_t>(standing)];
}

}  // namespace headgate::select
