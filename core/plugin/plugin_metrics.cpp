#include "core/plugin/plugin_metrics.hpp"

#include <headgate/abi.h>

#include <cmath>

#include "core/base/utf8.hpp"

namespace headgate::plugin {
namespace {

constexpr std::size_t kValueBytesMax = 128;
constexpr std::uint32_t kMetricShift = 56;  // above: the metric's number and 1; below: the check
constexpr std::uint32_t kCheckShift = 32;   // below: the slot

thread_local const observe::MetricRegistry* bound_registry = nullptr;
thread_local observe::WorkerMetrics* bound_worker = nullptr;

bool good_value(std::string_view value) {
  if (value.size() > kValueBytesMax) return false;
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t length = utf8_length(value, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace

void bind_metrics(const observe::MetricRegistry& registry, observe::WorkerMetrics& worker) {
  bound_registry = &registry;
  bound_worker = &worker;
}

PluginMetrics::PluginMetrics(observe::MetricRegistry* registry,
                             const std::vector<observe::FamilySpec>& specs)
    : registry_(registry) {
  if (registry_ == nullptr) return;
  for (const observe::FamilySpec& spec : specs) {
    metrics_.push_back({spec.type, registry_->family(spec), spec.labels.size(), spec.bounds});
  }
}

std::uint64_t PluginMetrics::id_of(std::size_t metric, std::uint32_t slot) const {
  const auto own = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(this));
  std::uint64_t mixed = (own ^ slot ^ (std::uint64_t{metric} << 40)) * 0x9e3779b97f4a7c15u;
  mixed >>= 40;  // 24 bits
  return (std::uint64_t{metric} + 1) << kMetricShift | mixed << kCheckShift | slot;
}

const PluginMetrics::Metric* PluginMetrics::metric_of(std::uint64_t id) const {
  const std::uint64_t number = id >> kMetricShift;
  if (number == 0 || number > metrics_.size()) return nullptr;
  if (id_of(number - 1, static_cast<std::uint32_t>(id)) != id) return nullptr;
  return &metrics_[number - 1];
}

observe::WorkerMetrics* PluginMetrics::worker() const {
  return bound_registry == registry_ ? bound_worker : nullptr;
}

std::int32_t PluginMetrics::series(std::uint32_t metric, std::span<const std::string_view> values,
                                   std::uint64_t& id) const {
  if (registry_ == nullptr) return HG_DENIED;
  if (metric >= metrics_.size()) return HG_NOT_FOUND;
  const Metric& known = metrics_[metric];
  if (values.size() != known.labels) return HG_INVALID;
  for (const std::string_view value : values) {
    if (!good_value(value)) return HG_INVALID;
  }
  std::uint32_t slot = 0;
  switch (known.type) {
    case observe::MetricType::counter:
      slot = registry_->counter(known.family, values).slot;
      break;
    case observe::MetricType::gauge:
      slot = registry_->gauge(known.family, values).slot;
      break;
    case observe::MetricType::histogram:
      slot = registry_->histogram(known.family, values).slot;
      break;
  }
  id = id_of(metric, slot);
  return HG_OK;
}

std::int32_t PluginMetrics::add(std::uint64_t id, std::int64_t amount) const {
  const Metric* metric = metric_of(id);
  if (metric == nullptr || metric->type == observe::MetricType::histogram) return HG_INVALID;
  const bool counts = metric->type == observe::MetricType::counter;
  if (counts && amount < 0) return HG_INVALID;
  observe::WorkerMetrics* const mine = worker();
  if (mine == nullptr) return HG_DENIED;
  const auto slot = static_cast<std::uint32_t>(id);
  if (counts) {
    mine->add(observe::Counter{slot}, static_cast<std::uint64_t>(amount));
  } else {
    mine->add(observe::Gauge{slot}, amount);
  }
  return HG_OK;
}

std::int32_t PluginMetrics::observe(std::uint64_t id, double value) const {
  const Metric* metric = metric_of(id);
  if (metric == nullptr || metric->type != observe::MetricType::histogram) return HG_INVALID;
  if (!std::isfinite(value)) return HG_INVALID;
  observe::WorkerMetrics* const mine = worker();
  if (mine == nullptr) return HG_DENIED;
  const auto count = static_cast<std::uint32_t>(metric->bounds.size());
  mine->observe({static_cast<std::uint32_t>(id), count, metric->bounds.data()}, value);
  return HG_OK;
}

}  // namespace headgate::plugin
