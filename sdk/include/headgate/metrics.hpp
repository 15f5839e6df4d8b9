#pragma once
// Metrics of a plugin's own (metrics.h), in a class that says kNeeds = hg::kMetrics:
//
//   explicit Acme(const hg::Config& config) : refusals_(config, 0, {"too long"}) {}
//   hg::Action on_request(hg::Call& call) { refusals_.add(); ... }
//   hg::Series refusals_;
//
// 0 is the metric's place in the manifest's list. What cannot be counted is not: nothing here
// fails.

#include <headgate/metrics.h>
#include <headgate/config.hpp>
#include <headgate/host.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace hg {

class Series {
 public:
  static constexpr std::size_t kLabelsMax = 8;

  // `values`: one for each label of the metric. Takes a lock: where a plugin or a worker's state is
  // made, or at the first use of a value. [any]
  Series(const Config& config, std::uint32_t metric,
         std::initializer_list<std::string_view> values = {}) noexcept
      : Series(config.host(), metric, values) {}
  Series(const hg_host* host, std::uint32_t metric,
         std::initializer_list<std::string_view> values = {}) noexcept
      : host_(host) {
    std::array<hg_str, kLabelsMax> raw{};
    if (values.size() > kLabelsMax) return;
    std::size_t count = 0;
    for (const std::string_view value : values) raw[count++] = str(value);
    if (hg::host().metrics->series(host_, metric, raw.data(), static_cast<std::uint32_t>(count),
                                   &id_) != HG_OK) {
      id_ = 0;
    }
  }

  // To a counter or gauge. [worker]
  void add(std::int64_t amount = 1) const noexcept {
    if (id_ != 0) hg::host().metrics->add(host_, id_, amount);
  }
  // To a histogram. [worker]
  void observe(double value) const noexcept {
    if (id_ != 0) hg::host().metrics->observe(host_, id_, value);
  }
  // Whether there is such a metric with so many labels.
  bool ok() const noexcept { return id_ != 0; }

 private:
  const hg_host* host_;
  std::uint64_t id_ = 0;
};

}  // namespace hg
