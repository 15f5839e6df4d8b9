// hg.metrics/1 of the fake host: remembers what was counted.

#include <headgate/metrics.h>

#include <utility>

#include "fake_host.hpp"
#include "fake_tables.hpp"

namespace hg::testing {
namespace {

std::int32_t series(const hg_host* host, std::uint32_t metric, const hg_str* values,
                    std::uint32_t count, std::uint64_t* id) noexcept {
  FakeSeries made;
  made.metric = metric;
  for (std::uint32_t i = 0; i < count; ++i) made.values.emplace_back(values[i].ptr, values[i].len);
  std::vector<FakeSeries>& all = FakeHost::behind(host).series;
  for (*id = 1; *id <= all.size(); ++*id) {
    if (all[*id - 1].metric == metric && all[*id - 1].values == made.values) return HG_OK;
  }
  all.push_back(std::move(made));
  return HG_OK;
}

std::int32_t add(const hg_host* host, std::uint64_t id, std::int64_t amount) noexcept {
  std::vector<FakeSeries>& all = FakeHost::behind(host).series;
  if (id == 0 || id > all.size()) return HG_INVALID;
  all[id - 1].added += amount;
  return HG_OK;
}

std::int32_t observe(const hg_host* host, std::uint64_t id, double value) noexcept {
  std::vector<FakeSeries>& all = FakeHost::behind(host).series;
  if (id == 0 || id > all.size()) return HG_INVALID;
  all[id - 1].observed.push_back(value);
  return HG_OK;
}

}  // namespace

const void* metrics_table() {
  static constexpr hg_metrics_ext kMetrics = {HG_END_OF(hg_metrics_ext, observe), 0, series, add,
                                              observe};
  return &kMetrics;
}

}  // namespace hg::testing
