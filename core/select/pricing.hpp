#pragma once
// The cost of one request on the endpoints of one group: what the request brings is worked out
// once, then each endpoint is priced. [worker]

#include <cstdint>

#include "core/select/endpoint_set.hpp"
#include "core/select/estimates.hpp"

namespace headgate::select {

struct PickQuery;

// What the request would cost on an endpoint, term by term (see cost.hpp).
struct CostTerms {
  double ttft_ms = 0;  // for this prompt
  double tpot_ms = 0;
  double output_tokens = 0;
  double health = 1;
  double failure_ms = 0;
  double load = 0;    // in requests of mean size
  double weight = 1;  // relative to the group's mean, with slow start in it
  double cost_ms = 0;
  double score() const { return 1 / cost_ms; }
};

class Pricing {
 public:
  // Both must outlive it.
  Pricing(const Group& group, const PickQuery& query);

  CostTerms terms(const Endpoint& endpoint, Cell& cell) const;

  std::uint32_t now() const { return now_; }
  double output_tokens() const { return output_tokens_; }
  // What the request itself adds to the load.
  double request_tokens() const { return request_tokens_; }

 private:
  const Settings& settings_;
  std::uint32_t now_;
  Estimates usual_;
  double output_tokens_;
  double prompt_factor_;
  double median_cost_ms_;
  double request_tokens_;
  double mean_tokens_;
};

}  // namespace headgate::select
