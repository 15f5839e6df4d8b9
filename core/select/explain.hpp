#pragma once
// What a pick would do now and why: every group with its endpoints, every term of their costs, and
// the share of picks that each would get. Nothing is taken, counted or used up by asking: no lease,
// no turn, no load; the figures of what is usual are worked out and not kept. Costs, preferences
// and last resorts come from the picker's own functions, so that this cannot say something else.
//
// Shares are those of the next pick. They are exact for groups of up to kExactMax endpoints: the
// chances of all pairs are added up. In larger groups kDraws picks are drawn with the given
// generator. [any]

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/rng.hpp"
#include "core/select/estimates.hpp"
#include "core/select/picker.hpp"
#include "core/select/view.hpp"

namespace headgate::select {

// Where an endpoint stands in a pick.
enum class Standing : std::uint8_t {
  candidate,  // may be drawn
  probe,      // comes back: the next one that draws it finds out whether it is there
  probing,    // comes back, and somebody is finding out; or this request may not be the one
  out,        // evicted, or held back
  full,       // as many requests in flight as it may have
  excluded,   // tried already
  incapable,  // cannot do what is asked
  drained,    // has no weight
};
std::string_view standing_name(Standing standing);

struct EndpointExplanation {
  CellView view;  // its terms are for the request asked about
  Standing standing = Standing::candidate;
  std::array<double, kPickReasons> share_by_reason{};  // of all picks
  double share() const;
};

struct GroupExplanation {
  std::vector<EndpointExplanation> endpoints;
  Estimates usual;
  double median_cost_ms = 0;  // C: what the request costs on the median endpoint
  double output_tokens = 0;   // n
  std::int64_t request_tokens = 0;
};

// Where the request's affinity sends it.
struct AffinityExplanation {
  // The first in the order of those that can do what is asked, by index in the set, whatever the
  // state that it is in.
  std::optional<std::uint16_t> home;
  // Those that are asked first, in this order: neither out nor failing.
  struct Preference {
    std::uint16_t index = 0;
    bool has_room = false;  // its load is under the bound
  };
  std::vector<Preference> order;
};

// The shortfall is filled where nobody is in service; there may be a last resort.
struct Explanation : Shortfall {
  static constexpr std::size_t kExactMax = 256;
  static constexpr std::size_t kDraws = 4096;

  std::vector<GroupExplanation> groups;
  std::optional<std::size_t> group;  // that serves; nothing: nobody would be picked
  std::size_t draws = 0;             // that the shares come from; 0: they are exact

  // Who gets most of the picks, by index in the set, and why mostly.
  std::optional<std::uint16_t> likeliest;
  PickReason reason = PickReason::none;

  // Of the group that serves; nothing: it has no affinity, or the request no value for it.
  std::optional<AffinityExplanation> affinity;
};

// `rng` is asked only for what is not exact.
Explanation explain(const EndpointSet& set, const PickQuery& query, Rng& rng);

}  // namespace headgate::select
