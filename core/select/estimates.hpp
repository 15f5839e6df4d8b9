#pragma once
// What is usual in a group: median latencies, mean sizes. They stand in for an endpoint that has
// no sample yet and price a failure. Computed again by a pick when they are older than
// kRefreshMs, from at most kSampleMax endpoints, so a pick stays O(1). [any]

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/select/endpoint.hpp"
#include "core/select/milliseconds.hpp"
#include "core/select/relaxed.hpp"

namespace headgate::select {

struct Estimates {
  double ttft_ms = 500;         // for an empty prompt
  double tpot_ms = 20;          // per output token
  double output_tokens = 256;   // of an answer
  double estimated_tokens = 0;  // of a request, as counted in load; 0 = not known yet
};

// Groups that leave the model to the request keep what is usual by model, in a few places shared
// by hash.
class alignas(64) GroupEstimates {
 public:
  static constexpr std::uint32_t kRefreshMs = 100;
  static constexpr std::size_t kSampleMax = 64;

  Estimates load() const {
    Estimates estimates;
    estimates.ttft_ms = ttft_ms_.load(kRelaxed);
    estimates.tpot_ms = tpot_ms_.load(kRelaxed);
    estimates.output_tokens = output_tokens_.load(kRelaxed);
    estimates.estimated_tokens = estimated_tokens_.load(kRelaxed);
    return estimates;
  }
  // True for one caller per kRefreshMs: it refreshes.
  bool claim_refresh(std::uint32_t now) {
    std::uint32_t last = refreshed_.load(std::memory_order_relaxed);
    if (!old(now, last)) return false;
    return refreshed_.compare_exchange_strong(last, now, std::memory_order_relaxed);
  }
  void refresh(std::span<const Endpoint> endpoints, std::uint64_t model, std::uint32_t now);

  // What a pick would find, which refreshes first if they are old. Keeps nothing.
  Estimates peek(std::span<const Endpoint> endpoints, std::uint64_t model, std::uint32_t now) const;

 private:
  static bool old(std::uint32_t now, std::uint32_t refreshed) {
    return refreshed == 0 || age_ms(now, refreshed) >= kRefreshMs;
  }

  std::atomic<float> ttft_ms_{static_cast<float>(Estimates{}.ttft_ms)};
  std::atomic<float> tpot_ms_{static_cast<float>(Estimates{}.tpot_ms)};
  std::atomic<float> output_tokens_{static_cast<float>(Estimates{}.output_tokens)};
  std::atomic<float> estimated_tokens_{0};
  std::atomic<std::uint32_t> refreshed_{0};  // stamp; 0 = never
};

}  // namespace headgate::select
