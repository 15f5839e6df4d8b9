#pragma once
// How long something took lately, in buckets, so that "longer than 95 of 100" can be said. Two
// windows of a minute, the one that fills and the one before: what is older is forgotten whole. No
// lock; a sample may be lost while a window is emptied, which changes no answer. [any]

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/select/ewma.hpp"

namespace headgate::select {

class LatencyHistogram {
 public:
  // Each bucket ends a quarter above the one before: no answer is further off than that. The last
  // one begins at 17 minutes.
  static constexpr std::size_t kBuckets = 64;
  static constexpr double kFirstBucketMs = 1;
  static constexpr double kBucketRatio = 1.25;
  static constexpr std::uint32_t kWindowMs = 60'000;
  // Fewer samples than that say nothing about the slowest twentieth.
  static constexpr std::uint64_t kSamplesLeast = 20;
  // An answer is used again for so long, because working it out costs some hundred loads.
  static constexpr std::uint32_t kKeptMs = 250;

  void add(double ms, std::uint32_t now);

  // 95 of 100 took at most so many milliseconds. Nothing: too few samples in the last minute or
  // two.
  std::optional<double> p95(std::uint32_t now);

 private:
  using Counts = std::array<std::atomic<std::uint32_t>, kBuckets>;

  static std::size_t bucket_of(double ms);
  void turn_to(std::uint32_t window);
  double work_out(std::uint32_t now) const;  // 0: too few

  std::array<Counts, 2> windows_{};  // by number, even and odd
  std::atomic<std::uint32_t> window_{0};
  StampedValue kept_;
};

}  // namespace headgate::select
