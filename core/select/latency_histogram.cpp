#include "core/select/latency_histogram.hpp"

#include <algorithm>
#include <cmath>

#include "core/select/milliseconds.hpp"
#include "core/select/relaxed.hpp"

namespace headgate::select {
namespace {}  // namespace

std::size_t LatencyHistogram::bucket_of(double ms) {
  if (!(ms > kFirstBucketMs)) return 0;
  const double bucket = std::ceil(std::log(ms / kFirstBucketMs) / std::log(kBucketRatio));
  return static_cast<std::size_t>(std::min(bucket, static_cast<double>(kBuckets - 1)));
}

// Whoever brings the first sample of a window empties what is older than the one before.
void LatencyHistogram::turn_to(std::uint32_t window) {
  std::uint32_t current = window_.load(kRelaxed);
  // A worker whose clock reading is a little behind counts into the window that began.
  if (current == window || current == window + 1) return;
  if (!window_.compare_exchange_strong(current, window, kRelaxed)) return;
  for (auto& count : windows_[window % 2]) count.store(0, kRelaxed);
  if (window == current + 1) return;
  for (auto& count : windows_[(window + 1) % 2]) count.store(0, kRelaxed);
}

void LatencyHistogram::add(double ms, std::uint32_t now) {
  turn_to(now / kWindowMs);
  windows_[window_.load(kRelaxed) % 2][bucket_of(ms)].fetch_add(1, kRelaxed);
}

std::optional<double> LatencyHistogram::p95(std::uint32_t now) {
  const StampedValue::Parts kept = kept_.load();
  double value = kept.value;
  if (kept.stamp == 0 || age_ms(now, kept.stamp) >= kKeptMs) {
    value = work_out(now);
    kept_.store({static_cast<float>(value), now});
  }
  if (value <= 0) return std::nullopt;
  return value;
}

double LatencyHistogram::work_out(std::uint32_t now) const {
  const std::uint32_t window = window_.load(kRelaxed);
  const std::uint32_t current = now / kWindowMs;
  const bool fills = current == window || current + 1 == window;
  if (!fills && current != window + 1) return 0;
  // Nothing came in this window yet: the one that was filled last is the one before.
  const std::size_t newest = window % 2;
  std::array<std::uint64_t, kBuckets> counts{};
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    counts[i] = windows_[newest][i].load(kRelaxed);
    if (fills) counts[i] += windows_[1 - newest][i].load(kRelaxed);
    total += counts[i];
  }
  if (total < kSamplesLeast) return 0;
  const std::uint64_t rank = (total * 95 + 99) / 100;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts[i];
    if (seen >= rank) return kFirstBucketMs * std::pow(kBucketRatio, static_cast<double>(i));
  }
  return 0;
}

}  // namespace headgate::select
