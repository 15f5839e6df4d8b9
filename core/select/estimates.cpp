#include "core/select/estimates.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "core/select/relaxed.hpp"

namespace headgate::select {
namespace {

// At most kSampleMax figures of one kind.
class Figures {
 public:
  void add(double value) { values_[size_++] = static_cast<float>(value); }
  bool empty() const { return size_ == 0; }

  // The mean of the two in the middle, if there are two.
  float median() {
    const auto begin = values_.begin();
    std::sort(begin, begin + static_cast<std::ptrdiff_t>(size_));
    return (values_[(size_ - 1) / 2] + values_[size_ / 2]) / 2;
  }
  float mean() const {
    float sum = 0;
    for (std::size_t i = 0; i < size_; ++i) sum += values_[i];
    return sum / static_cast<float>(size_);
  }

 private:
  std::array<float, GroupEstimates::kSampleMax> values_;
  std::size_t size_ = 0;
};

// What the endpoints show now; what nothing is known of is nothing.
struct Measured {
  std::optional<float> ttft_ms;
  std::optional<float> tpot_ms;
  std::optional<float> output_tokens;
  std::optional<float> estimated_tokens;
};

Measured measure(std::span<const Endpoint> endpoints, std::uint64_t model, std::uint32_t now) {
  Figures ttft;
  Figures tpot;
  Figures output;
  Figures estimated;
  // Of a large group a different part each time.
  const std::size_t count = std::min(endpoints.size(), GroupEstimates::kSampleMax);
  const std::size_t stride = endpoints.size() / std::max<std::size_t>(count, 1);
  const std::size_t start = now / GroupEstimates::kRefreshMs;
  for (std::size_t i = 0; i < count; ++i) {
    const Cell& cell = endpoints[(start + i * stride) % endpoints.size()].cell_for(model);
    if (!cell.ttft.empty()) ttft.add(cell.ttft.value());
    if (!cell.tpot.empty()) tpot.add(cell.tpot.value());
    if (!cell.output_tokens.empty()) output.add(cell.output_tokens.value());
    if (!cell.estimated_tokens.empty()) estimated.add(cell.estimated_tokens.value());
  }
  Measured measured;
  if (!ttft.empty()) measured.ttft_ms = ttft.median();
  if (!tpot.empty()) measured.tpot_ms = tpot.median();
  if (!output.empty()) measured.output_tokens = output.mean();
  if (!estimated.empty()) measured.estimated_tokens = estimated.mean();
  return measured;
}

}  // namespace

void GroupEstimates::refresh(std::span<const Endpoint> endpoints, std::uint64_t model,
                             std::uint32_t now) {
  const Measured measured = measure(endpoints, model, now);
  // The very first sample counts at once: until then the figures are guesses, and whoever has no
  // sample would be priced with a guess beside others with a measurement.
  if (!measured.ttft_ms && !measured.tpot_ms) refreshed_.store(0, kRelaxed);
  // What nothing is known of stays as it was.
  if (measured.ttft_ms) ttft_ms_.store(*measured.ttft_ms, kRelaxed);
  if (measured.tpot_ms) tpot_ms_.store(*measured.tpot_ms, kRelaxed);
  if (measured.output_tokens) output_tokens_.store(*measured.output_tokens, kRelaxed);
  if (measured.estimated_tokens) estimated_tokens_.store(*measured.estimated_tokens, kRelaxed);
}

Estimates GroupEstimates::peek(std::span<const Endpoint> endpoints, std::uint64_t model,
                               std::uint32_t now) const {
  Estimates estimates = load();
  if (!old(now, refreshed_.load(kRelaxed))) return estimates;
  const Measured measured = measure(endpoints, model, now);
  if (measured.ttft_ms) estimates.ttft_ms = *measured.ttft_ms;
  if (measured.tpot_ms) estimates.tpot_ms = *measured.tpot_ms;
  if (measured.output_tokens) estimates.output_tokens = *measured.output_tokens;
  if (measured.estimated_tokens) estimates.estimated_tokens = *measured.estimated_tokens;
  return estimates;
}

}  // namespace headgate::select
