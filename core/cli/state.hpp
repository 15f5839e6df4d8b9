#pragma once
// The gateway as it is now, for the admin listener and for metrics: routes, endpoints, and what is
// known of each. [control]

#include <functional>
#include <memory>
#include <string>

#include "core/admin/handler.hpp"
#include "core/base/clock.hpp"
#include "core/base/rng.hpp"
#include "core/exchange/explain_request.hpp"
#include "core/observe/metrics.hpp"
#include "core/select/budget.hpp"

namespace headgate::cli {

class GatewayState final : public admin::StateSource, public observe::Collector {
 public:
  // All must outlive it. `on_worker` is called only while there is a current snapshot.
  GatewayState(Clock& clock, const select::AttemptBudgets& budgets,
               std::function<std::shared_ptr<const exchange::Snapshot>()> current,
               exchange::OnWorker on_worker)
      : clock_(clock),
        budgets_(budgets),
        current_(std::move(current)),
        on_worker_(std::move(on_worker)),
        rng_(make_rng()) {}

  std::string routes_json() override;
  std::string endpoints_json() override;
  std::string budgets_json() override;
  admin::AdminResponse select_page(const admin::SelectQuery& query) override;
  // headgate_endpoint_*, headgate_retry_budget*
  void collect(observe::PrometheusWriter& writer) override;

 private:
  void collect_budgets(observe::PrometheusWriter& writer);
  template <class Visit>
  void for_each_budget(Visit visit) const {
    visit("retry", budgets_.retries);
    visit("slow", budgets_.seconds);
    visit("hedge", budgets_.hedges);
  }

  Clock& clock_;
  const select::AttemptBudgets& budgets_;
  std::function<std::shared_ptr<const exchange::Snapshot>()> current_;
  exchange::OnWorker on_worker_;
  std::unique_ptr<Rng> rng_;  // for explanations
};

}  // namespace headgate::cli
