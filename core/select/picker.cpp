#include "core/select/picker.hpp"

#include <array>

#include "core/select/affinity.hpp"
#include "core/select/candidates.hpp"
#include "core/select/last_resort.hpp"
#include "core/select/milliseconds.hpp"
#include "core/select/preference.hpp"
#include "core/select/pricing.hpp"

namespace headgate::select {
namespace {

// How often a pick begins again when other workers take the last place before it.
constexpr int kRounds = 4;

// Makes the result, unless the endpoint has become full. Gives back the leases then.
bool take(const Candidate& candidate, PickReason reason, const Pricing& pricing,
          PickResult& result) {
  const Endpoint& endpoint = *candidate.endpoint;
  Cell& base = endpoint.base_cell();
  const std::int64_t tokens = pricing.request_tokens();
  Permit::Grant grant;
  grant.load = base.load.try_add(tokens, endpoint.concurrency_max(), pricing.now());
  if (grant.load == nullptr) {
    give_back_leases(*candidate.cell, candidate.leases);
    return false;
  }
  if (candidate.cell != &base) grant.cell_load = &candidate.cell->load.add(tokens, pricing.now());
  grant.cell = candidate.cell;
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
        query_(query),
        rng_(rng),
        misses_(misses),
        pricing_(group, query),
        candidates_(group, query, rng, misses) {}

  // By affinity; false: to be chosen as any other.
  bool run_preferred(std::uint64_t key, PickResult& result) {
    Preferred preferred(group_, query_, key, pricing_, candidates_);
    while (const Candidate candidate = preferred.next()) {
      const PickReason reason = candidate.leases != 0 ? PickReason::probe : PickReason::affinity;
      if (take(candidate, reason, pricing_, result)) return true;
    }
    return false;
  }

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
    // By index and not by branches: which of the two it is nobody can predict.
    const std::array<const Candidate*, 2> two{&first, &second};
    const std::size_t better = prefers_second(first, second, reason) ? 1 : 0;
    return take(*two[better], reason, pricing_, result) ||
           take(*two[1 - better], PickReason::only, pricing_, result);
  }

  bool prefers_second(const Candidate& first, const Candidate& second, PickReason& reason) {
    const Settings& settings = group_.settings();
    const std::uint32_t now = pricing_.now();
    const Drawn one{pricing_.cost_ms(*first.endpoint, *first.cell),
                    stale(*first.cell, now, settings)};
    const Drawn other{pricing_.cost_ms(*second.endpoint, *second.cell),
                      stale(*second.cell, now, settings)};
    if (one.stale || other.stale) {
      const bool both = one.stale && other.stale;
      const bool second_turn = second_in_turn(one, other);
      if ((!both || rng_.below(kStaleOdds) == 0) &&
          claim_turn(second_turn ? *second.cell : *first.cell)) {
        reason = PickReason::out_of_turn;
        return second_turn;
      }
    }
    const bool swap = second_is_cheaper(one, other, settings);
    reason = swap ? PickReason::cheaper : PickReason::first;
    return swap;
  }

  // One caller gets the turn; the next is due as long after it as after a sample.
  bool claim_turn(Cell& cell) {
    std::uint32_t last = cell.last_sample.load(std::memory_order_relaxed);
    return due_out_of_turn(last, pricing_.now(), group_.settings()) &&
           cell.last_sample.compare_exchange_strong(last, pricing_.now(),
                                                    std::memory_order_relaxed);
  }

  const Group& group_;
  const PickQuery& query_;
  Rng& rng_;
  Misses& misses_;
  const Pricing pricing_;
  Candidates candidates_;
};

bool pick_last_resort(const EndpointSet& set, const PickQuery& query, Rng& rng,
                      PickResult& result) {
  const Candidate best =
      find_last_resort(set, query, rng, [&](const Group& group) { return Pricing(group, query); });
  if (!best) return false;
  result.group = set.group_of(best.endpoint->index());
  return take(best, PickReason::last_resort, Pricing(set.group(result.group), query), result);
}

bool pick_from(const EndpointSet& set, std::size_t group, const PickQuery& query, Rng& rng,
               Misses& misses, PickResult& result) {
  result.group = group;
  GroupPick pick(set.group(group), query, rng, misses);
  const std::uint64_t key = affinity_key(set, group, query);
  if (key != 0 && pick.run_preferred(key, result)) return true;
  return pick.run(result);
}

void say_why_not(const Misses& misses, PickResult& result) {
  result.group = 0;
  static_cast<Shortfall&>(result) = misses;
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
  constexpr std::array<std::string_view, kPickReasons> kNames = {
      "none", "only", "first", "cheaper", "out_of_turn", "probe", "last_resort", "affinity"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::string_view shortage_name(Shortage shortage) {
  constexpr std::array<std::string_view, 5> kNames = {"nothing", "incapable", "excluded", "evicted",
                                                      "full"};
  return kNames[static_cast<std::size_t>(shortage)];
}

}  // namespace headgate::select
