#pragma once
// How one endpoint is asked whether it is back. Immutable, a part of the snapshot. [main] to make,
// [worker] to use.

#include <string>

#include "core/exchange/snapshot.hpp"
#include "core/plugin/policy_instance.hpp"

namespace headgate::exchange {

struct ProbePlan {
  plugin::ProbeSettings settings;
  std::string backend_name;
  // Of this endpoint alone, and with those policies only that act on an attempt: nobody's request
  // is served.
  BackendPlan backend;

  const EndpointPlan& endpoint() const { return backend.endpoints.front(); }
  select::Cell& cell() const { return backend.set->endpoint(0).base_cell(); }
};

// Makes the plan of the endpoint `index` of `backend`, which has the statistics of `cell`.
std::shared_ptr<const ProbePlan> make_probe_plan(const BackendPlan& backend, std::size_t index,
                                                 std::shared_ptr<select::Cell> cell,
                                                 plugin::ProbeSettings settings);

// What is wrong with a probe that is a request, or nothing.
std::optional<std::string> check_probe(const plugin::ProbeSettings& settings,
                                       const EndpointPlan& endpoint,
                                       const plugin::DialectTable& dialects);

}  // namespace headgate::exchange
