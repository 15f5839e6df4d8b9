#pragma once
// The metrics that one plugin declares, behind hg.metrics/1. Ids hold where a series lies, with a
// check value, so that adding looks nothing up.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/observe/metrics.hpp"

namespace headgate::plugin {

// The numbers that the calling thread adds to, from now on: a worker's, at its start.
void bind_metrics(const observe::MetricRegistry& registry, observe::WorkerMetrics& worker);

class PluginMetrics {
 public:
  // `registry` must outlive it; null: nothing is counted. [main]
  PluginMetrics(observe::MetricRegistry* registry, const std::vector<observe::FamilySpec>& specs);

  // HG_* codes, as metrics.h says.
  std::int32_t series(std::uint32_t metric, std::span<const std::string_view> values,
                      std::uint64_t& id) const;                   // [any]
  std::int32_t add(std::uint64_t id, std::int64_t amount) const;  // [worker]
  std::int32_t observe(std::uint64_t id, double value) const;     // [worker]

 private:
  struct Metric {
    observe::MetricType type = observe::MetricType::counter;
    std::size_t family = 0;
    std::size_t labels = 0;
    std::vector<double> bounds;
  };

  std::uint64_t id_of(std::size_t metric, std::uint32_t slot) const;
  // Null: not an id of this plugin's.
  const Metric* metric_of(std::uint64_t id) const;
  observe::WorkerMetrics* worker() const;

  observe::MetricRegistry* const registry_;
  std::vector<Metric> metrics_;
};

}  // namespace headgate::plugin
