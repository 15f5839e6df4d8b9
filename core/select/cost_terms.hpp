#pragma once
// What a request would cost on an endpoint, term by term (see cost.hpp for the formula).

namespace headgate::select {

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

}  // namespace headgate::select
