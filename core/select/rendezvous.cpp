#include "core/select/rendezvous.hpp"

#include <cmath>
#include <limits>

#include "core/base/stable_hash.hpp"

namespace headgate::select {
namespace {

// In (0, 1), both ends excluded.
double unit(std::uint64_t hash) {
  return (static_cast<double>(hash >> 11) + 0.5) * 0x1.0p-53;
}

// Lower is earlier.
struct Place {
  double turn = std::numeric_limits<double>::infinity();
  std::size_t index = 0;
};

}  // namespace

Rendezvous::Rendezvous(std::span<const Endpoint> endpoints) {
  seats_.reserve(endpoints.size());
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i].weight() == 0) continue;
    const auto weight = static_cast<float>(endpoints[i].weight());
    seats_.push_back({stable_hash(endpoints[i].name()), weight, static_cast<std::uint32_t>(i)});
    uniform_ = uniform_ && weight == seats_.front().weight;
  }
}

// -ln(u) / weight is compared instead of its inverse. With equal weights 1 - u is of the same
// order, and with others it is never above -ln(u): most endpoints are passed over without a
// logarithm.
Rendezvous::Two Rendezvous::first_two(std::uint64_t key,
                                      FunctionRef<bool(std::size_t)> usable) const {
  Place first;
  Place second;
  for (const Seat& seat : seats_) {
    const double u = unit(mix_bits(key ^ seat.identity));
    const auto weight = static_cast<double>(seat.weight);
    if (1 - u >= second.turn * (uniform_ ? 1 : weight)) continue;
    const double turn = uniform_ ? 1 - u : -std::log(u) / weight;
    if (turn >= second.turn || !usable(seat.place)) continue;
    second = {turn, seat.place};
    if (second.turn < first.turn) std::swap(first, second);
  }
  Two two;
  if (std::isfinite(first.turn)) two[0] = first.index;
  if (std::isfinite(second.turn)) two[1] = second.index;
  return two;
}

}  // namespace headgate::select
