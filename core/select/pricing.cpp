#include "core/select/pricing.hpp"

#include <algorithm>

#include "core/select/cost.hpp"
#include "core/select/milliseconds.hpp"
#include "core/select/picker.hpp"

namespace headgate::select {
namespace {

constexpr double kRequestTokensMax = 1e9;

double expected_output(const PickQuery& query, const Estimates& usual) {
  const double expected =
      query.expected_output_tokens > 0 ? query.expected_output_tokens : usual.output_tokens;
  return query.output_tokens_max > 0 ? std::min(expected, query.output_tokens_max) : expected;
}

}  // namespace

Pricing::Pricing(const Group& group, const PickQuery& query)
    : settings_(group.settings()),
      now_(to_stamp(query.now)),
      usual_(group.estimates(query.model, now_)),
      output_tokens_(expected_output(query, usual_)),
      prompt_factor_(prompt_factor(query.prompt_tokens)),
      median_cost_ms_(
          service_cost(usual_.ttft_ms * prompt_factor_, usual_.tpot_ms, output_tokens_)) {
  const double wanted =
      query.estimated_tokens > 0 ? query.estimated_tokens : query.prompt_tokens + output_tokens_;
  request_tokens_ = std::clamp(wanted, 1.0, kRequestTokensMax);
  // While no mean is known, this request is of mean size.
  mean_tokens_ = usual_.estimated_tokens > 0 ? usual_.estimated_tokens : request_tokens_;
}

CostTerms Pricing::terms(const Endpoint& endpoint, Cell& cell) const {
  CostTerms terms;
  terms.ttft_ms = cell.ttft.value_or(usual_.ttft_ms) * prompt_factor_;
  terms.tpot_ms = cell.tpot.value_or(usual_.tpot_ms);
  terms.output_tokens = output_tokens_;
  terms.health = cell.health_at(now_);
  terms.failure_ms = failure_cost(median_cost_ms_, terms.health);
  terms.load = static_cast<double>(cell.load.tokens()) / mean_tokens_;
  terms.weight = endpoint.relative_weight() *
                 cell.slow_start(now_, static_cast<double>(settings_.slow_start.count()),
                                 settings_.slow_start_least);
  const double alone =
      service_cost(terms.ttft_ms, terms.tpot_ms, terms.output_tokens) + terms.failure_ms;
  terms.cost_ms = alone * load_factor(terms.load, terms.weight);
  return terms;
}

}  // namespace headgate::select
