#include "core/select/picker.hpp"

#include <array>

#include "core/select/candidates.hpp"
#include "core/select/milliseconds.hpp"
#include "core/select/pricing.hpp"

namespace headgate::select {
namespace {

// How often a pick begins again when other workers take the last place before it.
constexpr int kRounds = 4;

// When nothing was heard for long from either candidate, one pick in so many goes to the one that
// seemed worse: with little traffic, too, everybody is tried again, and what is known still counts.
constexpr std::uint32_t kStaleOdds = 8;

// Makes the result, unless the endpoint has become full. Gives back the leases then.
bool take(const Candidate& candidate, PickReason reason, const Pricing& pricing,
          PickResult& result) {
  const Endpoint& endpoint = *candidate.endpoint;
  Cell& base = endpoint.base_cell();
  const std::int64_t tokens = pricing.request_tokens();
  if (!base.load.try_add(tokens, endpoint.concurrency_max())) {
    give_back_leases(*candidate.cell, candidate.leases);
    return false;
  }
  if (candidate.cell != &base) candidate.cell->load.add(tokens);
  Permit::Grant grant;
  grant.cell = candidate.cell;
  grant.base = &base;
  grant.tokens = tokens;
  grant.expected_output_tokens = pricing.output_tokens();
  grant.leases = candidate.leases;
  grant.last_resort = reason == PickReason::last_resort;
  result.permit = Permit(grant);
  result.endpoint = &endpoint;
  result.reason = reason;
  result.probe = candidate.leases != 0;
  return true;
}

// Two choices over one group.
class GroupPick {
 public:
  GroupPick(const Group& group, const PickQuery& query, Rng& rng, Misses& misses)
      : group_(group),
        rng_(rng),
        misses_(misses),
        pricing_(group, query),
        candidates_(group, query, rng, misses) {}

  bool run(PickResult& result) {
    for (int round = 0; round < kRounds; ++round) {
      const Candidate first = candidates_.find(nullptr);
      if (!first) return false;
      if (first.leases != 0) {
        if (take(first, PickReason::probe, pricing_, result)) return true;
        continue;
      }
      const Candidate second = candidates_.find(first.endpoint);
      if (second.leases != 0) {
        if (take(second, PickReason::probe, pricing_, result)) return true;
        continue;
      }
      if (take_better(first, second, result)) return true;
    }
    misses_.add(Shortage::full);
    return false;
  }

 private:
  bool take_better(const Candidate& first, const Candidate& second, PickResult& result) {
    if (!second) return take(first, PickReason::only, pricing_, result);
    PickReason reason = PickReason::first;
    const bool swap = prefers_second(first, second, reason);
    return take(swap ? second : first, reason, pricing_, result) ||
           take(swap ? first : second, PickReason::only, pricing_, result);
  }

  bool prefers_second(const Candidate& first, const Candidate& second, PickReason& reason) {
    const double cost = pricing_.cost_ms(*first.endpoint, *first.cell);
    const double second_cost = pricing_.cost_ms(*second.endpoint, *second.cell);
    const bool first_stale = stale(*first.cell);
    const bool second_stale = stale(*second.cell);
    if (first_stale || second_stale) {
      const bool both = first_stale && second_stale;
      const bool second_in_turn = both ? second_cost > cost : second_stale;
      if ((!both || rng_.below(kStaleOdds) == 0) &&
          claim_turn(second_in_turn ? *second.cell : *first.cell)) {
        reason = PickReason::out_of_turn;
        return second_in_turn;
      }
    }
    const bool swap = second_cost < group_.settings().keep_ratio * cost;
    reason = swap ? PickReason::cheaper : PickReason::first;
    return swap;
  }

  bool due(std::uint32_t last_sample) const {
    return age_ms(pricing_.now(), last_sample) >= group_.settings().out_of_turn_after.count();
  }

  // Nothing was heard from it for long, and nothing is on its way.
  bool stale(const Cell& cell) const {
    return due(cell.last_sample.load(std::memory_order_relaxed)) && cell.load.requests() == 0;
  }

  // One caller gets the turn; the next is due as long after it as after a sample.
  bool claim_turn(Cell& cell) {
    std::uint32_t last = cell.last_sample.load(std::memory_order_relaxed);
    return due(last) && cell.last_sample.compare_exchange_strong(last, pricing_.now(),
                                                                 std::memory_order_relaxed);
  }

  const Group& group_;
  Rng& rng_;
  Misses& misses_;
  const Pricing pricing_;
  Candidates candidates_;
};

// Of all that are out, the one whose return is nearest; among equals the cheapest.
bool pick_last_resort(const EndpointSet& set, const PickQuery& query, Rng& rng,
                      PickResult& result) {
  Misses misses;
  Candidate best;
  TimePoint best_return;
  double best_cost = 0;
  for (std::size_t index = 0; index < set.groups(); ++index) {
    const Group& group = set.group(index);
    const Pricing pricing(group, query);
    Candidates candidates(group, query, rng, misses);
    for (const Endpoint& endpoint : group.endpoints()) {
      if (!candidates.willing(endpoint)) continue;
      if (endpoint.base_cell().load.full(endpoint.concurrency_max())) continue;
      Cell& cell = endpoint.cell_for(query.model);
      const TimePoint returns = std::max(cell.returns_at(), query.now);
      const double cost = pricing.cost_ms(endpoint, cell);
      if (best && (returns > best_return || (returns == best_return && cost >= best_cost)))
        continue;
      best = {&endpoint, &cell};
      best_return = returns;
      best_cost = cost;
    }
  }
  if (!best) return false;
  result.group = set.group_of(best.endpoint->index());
  return take(best, PickReason::last_resort, Pricing(set.group(result.group), query), result);
}

bool pick_from(const EndpointSet& set, std::size_t group, const PickQuery& query, Rng& rng,
               Misses& misses, PickResult& result) {
  result.group = group;
  return GroupPick(set.group(group), query, rng, misses).run(result);
}

void say_why_not(const Misses& misses, PickResult& result) {
  result.group = 0;
  result.shortage = misses.soonest;
  result.earliest_return = misses.earliest_return;
}

}  // namespace

PickResult pick(const EndpointSet& set, const PickQuery& query, Rng& rng) {
  PickResult result;
  Misses misses;
  for (std::size_t group = 0; group < set.groups(); ++group)
    if (pick_from(set, group, query, rng, misses, result)) return result;
  if (query.last_resort && pick_last_resort(set, query, rng, result)) return result;
  say_why_not(misses, result);
  return result;
}

PickResult pick_in_group(const EndpointSet& set, std::size_t group, const PickQuery& query,
                         Rng& rng) {
  PickResult result;
  Misses misses;
  if (!pick_from(set, group, query, rng, misses, result)) say_why_not(misses, result);
  return result;
}

CostTerms cost_terms(const Group& group, const Endpoint& endpoint, const PickQuery& query) {
  return Pricing(group, query).terms(endpoint, endpoint.cell_for(query.model));
}

std::string_view reason_name(PickReason reason) {
  constexpr std::array<std::string_view, 7> kNames = {
      "none", "only", "first", "cheaper", "out_of_turn", "probe", "last_resort"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::string_view shortage_name(Shortage shortage) {
  constexpr std::array<std::string_view, 5> kNames = {"nothing", "incapable", "excluded", "evicted",
                                                      "full"};
  return kNames[static_cast<std::size_t>(shortage)];
}

}  // namespace headgate::select
