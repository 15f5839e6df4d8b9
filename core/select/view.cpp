#include "core/select/view.hpp"

#include "core/select/health.hpp"
#include "core/select/milliseconds.hpp"
#include "core/select/pricing.hpp"

namespace headgate::select {
namespace {

std::optional<double> value_of(const PeakMean& mean) {
  if (mean.empty()) return std::nullopt;
  return mean.value();
}

ScopeView scope_view(Scope scope, const Eviction& eviction, TimePoint now) {
  ScopeView view;
  view.scope = scope;
  view.state = eviction.state(now);
  if (view.state != ServiceState::in_service)
    view.returns_in = std::max(Millis(eviction.until() - now), Millis(0));
  view.evictions = eviction.total();
  view.in_a_row = eviction.in_a_row(now);
  view.cause = eviction.cause();
  return view;
}

}  // namespace

CellView snapshot_of(const Group& group, const Endpoint& endpoint, TimePoint now,
                     std::uint64_t model) {
  PickQuery query;
  query.now = now;
  query.model = model;
  const Pricing pricing(group, query, group.peek_estimates(model, to_stamp(now)));
  return view_of(group, endpoint, query, pricing);
}

CellView view_of(const Group& group, const Endpoint& endpoint, const PickQuery& query,
                 const Pricing& pricing) {
  const TimePoint now = query.now;
  const std::uint32_t stamp = to_stamp(now);
  Cell& cell = endpoint.cell_for(query.model);

  CellView view;
  view.name = endpoint.name();
  view.index = endpoint.index();
  view.weight = endpoint.weight();
  view.concurrency_max = endpoint.concurrency_max();
  view.requests_in_flight = endpoint.base_cell().load.requests();
  view.tokens_in_flight = cell.load.tokens();
  view.ttft_ms = value_of(cell.ttft);
  view.tpot_ms = value_of(cell.tpot);
  view.successes = cell.successes.at(stamp, kHealthHalfLifeMs);
  view.failures = cell.failures.at(stamp, kHealthHalfLifeMs);
  view.consecutive_failures = cell.consecutive_failures.load(std::memory_order_relaxed);
  view.since_last_sample = Millis(age_ms(stamp, cell.last_sample.load(std::memory_order_relaxed)));
  view.slow_start_share =
      cell.slow_start(stamp, static_cast<double>(group.settings().slow_start.count()),
                      group.settings().slow_start_least);
  view.terms = pricing.terms(endpoint, cell);
  view.state = cell.state(now);
  if (cell.held_back_until() > now) view.held_back_for = Millis(cell.held_back_until() - now);
  for (std::size_t i = 0; i < kScopes; ++i)
    view.scopes[i] = scope_view(kAllScopes[i], cell.eviction(kAllScopes[i]), now);
  return view;
}

}  // namespace headgate::select
