#include "core/select/estimates.hpp"

#include <algorithm>
#include <array>

namespace headgate::select {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

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

}  // namespace

void GroupEstimates::refresh(std::span<const Endpoint> endpoints, std::uint64_t model,
                             std::uint32_t now) {
  Figures ttft;
  Figures tpot;
  Figures output;
  Figures estimated;
  // Of a large group a different part each time.
  const std::size_t count = std::min(endpoints.size(), kSampleMax);
  const std::size_t stride = endpoints.size() / std::max<std::size_t>(count, 1);
  const std::size_t start = now / kRefreshMs;
  for (std::size_t i = 0; i < count; ++i) {
    const Cell& cell = endpoints[(start + i * stride) % endpoints.size()].cell_for(model);
    if (!cell.ttft.empty()) ttft.add(cell.ttft.value());
    if (!cell.tpot.empty()) tpot.add(cell.tpot.value());
    if (!cell.output_tokens.empty()) output.add(cell.output_tokens.value());
    if (!cell.estimated_tokens.empty()) estimated.add(cell.estimated_tokens.value());
  }
  // The very first sample counts at once: until then the figures are guesses, and whoever has no
  // sample would be priced with a guess beside others with a measurement.
  if (ttft.empty() && tpot.empty()) refreshed_.store(0, kRelaxed);
  // What nothing is known of stays as it was.
  if (!ttft.empty()) ttft_ms_.store(ttft.median(), kRelaxed);
  if (!tpot.empty()) tpot_ms_.store(tpot.median(), kRelaxed);
  if (!output.empty()) output_tokens_.store(output.mean(), kRelaxed);
  if (!estimated.empty()) estimated_tokens_.store(estimated.mean(), kRelaxed);
}

}  // namespace headgate::select
