#pragma once
// The order in which the endpoints of a group come for a key, the same whoever works it out:
// highest random weight (Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates",
// 1998), by weight as Schindelhauer and Schomaker have it ("Weighted Distributed Hash Tables",
// 2005). Each endpoint has a number u in (0, 1) from the hash of the key and its own name, and the
// one with the highest weight / -ln(u) is first.
//
// So each endpoint is first for its share of the keys by weight, and one that comes or goes moves
// the keys that are its own and no others. Names count and not places: the order of the file is of
// no matter. Immutable. [any]

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/select/endpoint.hpp"
#include "core/select/function_ref.hpp"

namespace headgate::select {

class Rendezvous {
 public:
  using Two = std::array<std::optional<std::size_t>, 2>;

  // Endpoints of weight 0 are never in an order.
  explicit Rendezvous(std::span<const Endpoint> endpoints);

  // The first two of the order that are `usable`, by their places in the group. One look at each
  // endpoint, and `usable` is asked only of those that would be among the two.
  Two first_two(std::uint64_t key, FunctionRef<bool(std::size_t)> usable) const;

 private:
  // What is looked at of an endpoint: four to a cache line.
  struct Seat {
    std::uint64_t identity;  // hash of its name
    float weight;
    std::uint32_t place;
  };
  std::vector<Seat> seats_;
  bool uniform_ = true;  // all weights are the same, so that u alone decides
};

}  // namespace headgate::select
