#pragma once
// The gateway as it is now, for the admin listener and for metrics: routes, endpoints, and what is
// known of each. [control]

#include <functional>
#include <memory>
#include <string>

#include "core/admin/handler.hpp"
#include "core/base/clock.hpp"
#include "core/exchange/snapshot.hpp"
#include "core/observe/metrics.hpp"

namespace headgate::cli {

class GatewayState final : public admin::StateSource, public observe::Collector {
 public:
  GatewayState(Clock& clock, std::function<std::shared_ptr<const exchange::Snapshot>()> current)
      : clock_(clock), current_(std::move(current)) {}

  std::string routes_json() override;
  std::string endpoints_json() override;
  // headgate_endpoint_*
  void collect(observe::PrometheusWriter& writer) override;

 private:
  Clock& clock_;
  std::function<std::shared_ptr<const exchange::Snapshot>()> current_;
};

}  // namespace headgate::cli
