#pragma once
// The cost of one request on the endpoints of one group: what the request brings is worked out
// once, then each endpoint is priced. A part of the picker, inline because a pick is short.
// [worker]

#include <algorithm>
#include <cstdint>

#include "core/select/cost.hpp"
#include "core/select/cost_terms.hpp"
#include "core/select/endpoint_set.hpp"
#include "core/select/milliseconds.hpp"
#include "core/select/picker.hpp"

namespace headgate::select {

class Pricing {
 public:
  // Both must outlive it.
  Pricing(const Group& group, const PickQuery& query)
      : Pricing(group, query, group.estimates(query.model, to_stamp(query.now))) {}
  // With what is usual as it is given.
  Pricing(const Group& group, const PickQuery& query, const Estimates& usual)
      : settings_(group.settings()),
        now_(to_stamp(query.now)),
        usual_(usual),
        output_tokens_(expected_output(query, usual_)),
        prompt_factor_(prompt_factor(query.prompt_tokens)),
        median_cost_ms_(kResolutionMs + service_cost(usual_.ttft_ms * prompt_factor_,
                                                     usual_.tpot_ms, output_tokens_)) {
    const double wanted = query.estimated_tokens > 0
                              ? query.estimated_tokens
                              : occupied_tokens(query.prompt_tokens, output_tokens_);
    constexpr auto kMost = static_cast<double>(Load::kRequestTokensMax);
    request_tokens_ = static_cast<std::int64_t>(std::clamp(wanted, 1.0, kMost));
    // While no mean is known, this request is of mean size.
    loads_per_token_ = 1 / (usual_.estimated_tokens > 0 ? usual_.estimated_tokens
                                                        : static_cast<double>(request_tokens_));
  }

  // Inlined into cost_ms() so that a pick writes down no terms that nobody reads.
  [[gnu::always_inline]] CostTerms terms(const Endpoint& endpoint, Cell& cell) const {
    CostTerms terms;
    terms.ttft_ms = cell.ttft.value_or(usual_.ttft_ms) * prompt_factor_;
    terms.tpot_ms = cell.tpot.value_or(usual_.tpot_ms);
    terms.output_tokens = output_tokens_;
    // Divisions are what costs here: that for the health is left out where nobody reads it.
    const double failures = cell.failures_per_success_at(now_);
    terms.health = 1 / (1 + failures);
    terms.failure_ms = failure_cost(median_cost_ms_, failures);
    const std::int64_t tokens = cell.load.tokens_seen(now_);
    terms.load = static_cast<double>(tokens) * loads_per_token_;
    terms.weight = endpoint.relative_weight() *
                   cell.slow_start(now_, static_cast<double>(settings_.slow_start.count()),
                                   settings_.slow_start_least);
    const double measured =
        kResolutionMs + service_cost(terms.ttft_ms, terms.tpot_ms, terms.output_tokens);
    const double alone = noiseless(measured, median_cost_ms_) + terms.failure_ms;
    terms.cost_ms = tokens > 0 ? alone * load_factor(terms.load, terms.weight) : alone;
    return terms;
  }

  double cost_ms(const Endpoint& endpoint, Cell& cell) const {
    return terms(endpoint, cell).cost_ms;
  }

  std::uint32_t now() const { return now_; }
  const Estimates& usual() const { return usual_; }
  double median_cost_ms() const { return median_cost_ms_; }
  double output_tokens() const { return output_tokens_; }
  // What the request itself adds to the load.
  std::int64_t request_tokens() const { return request_tokens_; }
  // How many requests of mean size so many tokens are.
  double requests(double tokens) const { return tokens * loads_per_token_; }

 private:
  static double expected_output(const PickQuery& query, const Estimates& usual) {
    const double expected =
        query.expected_output_tokens > 0 ? query.expected_output_tokens : usual.output_tokens;
    return query.output_tokens_max > 0 ? std::min(expected, query.output_tokens_max) : expected;
  }

  const Settings& settings_;
  std::uint32_t now_;
  Estimates usual_;
  double output_tokens_;
  double prompt_factor_;
  double median_cost_ms_;
  std::int64_t request_tokens_;
  double loads_per_token_;
};

}  // namespace headgate::select
