#pragma once
// The numbers of selection that a group may set, with their units, limits and defaults. Nobody
// needs to touch them.

#include <chrono>
#include <optional>

namespace headgate::select {

// Requests of one key go to one endpoint while that is not busy (affinity.hpp).
struct AffinitySettings {
  // An endpoint takes requests by their key up to so many times its share of the group's load. At
  // least 1: below, somebody would be too busy whatever was done.
  double load_max = 1.25;

  // With fewer requests of mean size in flight, one of mean weight is never too busy. At least 1.
  double requests_min = 8;
};

struct Settings {
  // The first endpoint drawn stays unless the second costs less than this share of it. In (0, 1].
  // 1, because what is noise is taken out of the cost itself (cost.hpp), and among equals every
  // request of difference in load counts.
  double keep_ratio = 1;

  // How long a new or returned endpoint takes to reach its full weight. 0 = at once.
  std::chrono::milliseconds slow_start{10'000};

  // The share of its weight that it begins with. In (0, 1].
  double slow_start_least = 0.1;

  // An endpoint without a sample for so long gets one request out of turn: five half-lives of the
  // latency figures, so that its answer counts for nearly everything. At least 1 s.
  std::chrono::milliseconds out_of_turn_after{25'000};

  std::optional<AffinitySettings> affinity;
};

}  // namespace headgate::select
