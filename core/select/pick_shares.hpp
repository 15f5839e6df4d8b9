#pragma once
// The chances of a pick among the endpoints of one group, from their weights and costs: what
// Candidates::find() and the preference between two would do, without doing it. A part of
// explain(). [any]

#include <array>
#include <cstddef>
#include <vector>

#include "core/base/rng.hpp"
#include "core/select/endpoint_set.hpp"
#include "core/select/picker.hpp"
#include "core/select/preference.hpp"

namespace headgate::select {

// One endpoint of the group, in its order.
struct Chance {
  double weight = 0;
  bool usable = false;  // may be drawn
  bool probe = false;   // is usable, and would be a probe
  Drawn drawn;
};

using ReasonShares = std::array<double, kPickReasons>;

// For each endpoint, the part of all picks that it gets for each reason. They add up to 1 if one
// is usable, else to 0. Time grows with the square of the group. REQUIRES: as many chances as the
// group has endpoints.
std::vector<ReasonShares> exact_shares(const Group& group, const std::vector<Chance>& chances);

// The same from so many picks that are drawn.
std::vector<ReasonShares> drawn_shares(const Group& group, const std::vector<Chance>& chances,
                                       std::size_t draws, Rng& rng);

}  // namespace headgate::select
