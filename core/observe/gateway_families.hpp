#pragma once
// The names, labels and words of the gateway's own metrics. A part of gateway_metrics.hpp.

#include <cstddef>

#include "core/observe/metrics.hpp"

namespace headgate::observe {

// Where each family is in the registry.
class GatewayFamilies {
 public:
  explicit GatewayFamilies(MetricRegistry& registry);

  std::size_t requests, in_flight, request_seconds, connections, attempts, picks, seconds,
      evictions, continuations, probes, dropped_events, plugin_calls, policy_faults,
      background_faults, reloads, spans;
  std::size_t token_usage, server_seconds, first_token_seconds, per_token_seconds;
};

}  // namespace headgate::observe
