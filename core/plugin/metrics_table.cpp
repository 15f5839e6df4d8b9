// hg.metrics/1

#include <array>

#include "core/plugin/manifest_metrics.hpp"
#include "core/plugin/plugin_metrics.hpp"
#include "core/plugin/tables.hpp"

namespace headgate::plugin {

namespace {

std::int32_t series(const hg_host* host, std::uint32_t metric, const hg_str* values,
                    std::uint32_t value_count, std::uint64_t* series) noexcept {
  if (host == nullptr || series == nullptr || value_count > kMetricLabelsMax) return HG_INVALID;
  if (values == nullptr && value_count != 0) return HG_INVALID;
  std::array<std::string_view, kMetricLabelsMax> texts;
  for (std::uint32_t i = 0; i < value_count; ++i) {
    if (!valid(values[i])) return HG_INVALID;
    texts[i] = view(values[i]);
  }
  return metrics_of(host).series(metric, std::span(texts).first(value_count), *series);
}

std::int32_t add(const hg_host* host, std::uint64_t series, std::int64_t amount) noexcept {
  return host == nullptr ? HG_INVALID : metrics_of(host).add(series, amount);
}

std::int32_t observe(const hg_host* host, std::uint64_t series, double value) noexcept {
  return host == nullptr ? HG_INVALID : metrics_of(host).observe(series, value);
}

}  // namespace

const hg_metrics_ext kMetricsTable = {
    .size = HG_END_OF(hg_metrics_ext, observe),
    .reserved = 0,
    .series = series,
    .add = add,
    .observe = observe,
};

}  // namespace headgate::plugin
