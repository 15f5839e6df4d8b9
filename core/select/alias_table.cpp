#include "core/select/alias_table.hpp"

#include <algorithm>
#include <numeric>

namespace headgate::select {

// In whole numbers, so that a weight of 0 is never drawn and equal weights are exactly equal.
AliasTable::AliasTable(std::span<const std::uint32_t> weights) {
  const std::uint64_t total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  if (total == 0 || weights.size() > UINT16_MAX) return;
  size_ = weights.size();
  uniform_ = std::all_of(weights.begin(), weights.end(),
                         [&weights](std::uint32_t weight) { return weight == weights[0]; });
  if (uniform_) return;

  slots_.resize(size_);
  // What is left to place of each weight, in units where a slot holds `total`. 2^16 endpoints of
  // weight 2^32 stay below 2^64.
  std::vector<std::uint64_t> left(size_);
  std::vector<std::uint16_t> small;
  std::vector<std::uint16_t> large;
  for (std::size_t i = 0; i < size_; ++i) {
    left[i] = std::uint64_t{weights[i]} * size_;
    (left[i] < total ? small : large).push_back(static_cast<std::uint16_t>(i));
  }
  while (!small.empty() && !large.empty()) {
    const std::uint16_t poor = small.back();
    const std::uint16_t rich = large.back();
    small.pop_back();
    slots_[poor] = {
        static_cast<float>(static_cast<double>(left[poor]) / static_cast<double>(total)), rich};
    left[rich] -= total - left[poor];
    if (left[rich] >= total) continue;
    large.pop_back();
    small.push_back(rich);
  }
}

std::size_t AliasTable::draw(Rng& rng) const {
  if (uniform_) return rng.below(static_cast<std::uint32_t>(size_));
  // One number for both: the slot is its whole part, the coin its fraction.
  const double point = rng.uniform() * static_cast<double>(size_);
  const std::size_t slot = std::min(static_cast<std::size_t>(point), size_ - 1);
  const double coin = point - static_cast<double>(slot);
  return coin < slots_[slot].keep ? slot : slots_[slot].alias;
}

}  // namespace headgate::select
