#pragma once
// Affinity with bounded load: requests of one key go to the endpoint that is first in the key's
// order (rendezvous.hpp), to the second where that one is busy, and are chosen as any other where
// both are. Prompt caches live on one endpoint; no endpoint may be flooded for their sake, by one
// busy client as little as by somebody who looks for values of the same order.
//
// After Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with Bounded Loads" (2016): what is
// over the bound goes on in the order. Here it goes on once and then to the better of two, for a
// third endpoint has no cache of that prompt either. [worker]

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/select/candidates.hpp"
#include "core/select/pricing.hpp"
#include "core/select/rendezvous.hpp"

namespace headgate::select {

// An endpoint with less health is passed over: there most of what it got lately has failed. Silence
// heals, so it is not passed over for ever.
inline constexpr double kPreferredHealthLeast = 0.5;

class Preferred {
 public:
  // All must outlive it. REQUIRES: the group has a rendezvous order; key != 0.
  Preferred(const Group& group, const PickQuery& query, std::uint64_t key, const Pricing& pricing,
            Candidates& candidates);

  // The next in the order that may take the request, with the leases of its probe if it is one;
  // the caller owns them. Nothing after two.
  Candidate next();
  // The same without taking anything: the place in the group of the next one that is not too busy,
  // whether it can take the request or not.
  std::optional<std::size_t> next_place();
  // The next in the order, busy or not, likewise without taking anything.
  struct Place {
    std::size_t place = 0;
    bool has_room = false;
  };
  std::optional<Place> next_in_order();

 private:
  // What the endpoints that can serve have in flight, in tokens, and their weight together: of the
  // whole group, or of a large one as far as a part of it tells.
  struct GroupLoad {
    double tokens = 0;
    double weight = 0;
  };
  static constexpr std::size_t kSampleMax = 64;

  bool in_order(std::size_t place);
  bool has_room(const Endpoint& endpoint, Cell& cell);
  double weight_now(const Endpoint& endpoint, Cell& cell) const;
  GroupLoad group_load() const;

  const Group& group_;
  const PickQuery& query_;
  const Pricing& pricing_;
  Candidates& candidates_;
  Rendezvous::Two two_;
  std::size_t tried_ = 0;
};

}  // namespace headgate::select
