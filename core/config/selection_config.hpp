#pragma once
// `selection:` of a group, or of all groups of an `ai` that have none of their own: how one of
// equal providers is chosen. Nobody needs it; each setting has a default that was measured.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/values.hpp"

namespace headgate::config {

class Fields;

// Where a value stands in a request.
struct RequestValue {
  enum class Place : std::uint8_t {
    header,     // the first of that name
    query,      // a parameter, decoded
    cookie,     // of the Cookie header
    body,       // a member of the JSON body: its name, or a JSON pointer
    attribute,  // what a policy plugin has left about the request
  };
  Place place = Place::header;
  std::string name;
};

// `affinity`: requests with the same value go to the same provider, as long as that is not busy.
struct AffinityConfig {
  // The first of these that a request has; at least one.
  std::vector<RequestValue> values;
  // A provider takes requests by their value up to so many times its share of the group's load.
  double max_load = 1.25;
  // With fewer requests in flight it is never too busy for that.
  std::uint32_t min_requests = 8;
};

struct SelectionConfig {
  // How long a new or returned provider takes to get its whole share. 0: none at all.
  milliseconds slow_start{10'000};
  // The part of its share that it begins with. 0.01 to 1.
  double slow_start_share = 0.1;
  // The first of two stays unless the second costs less than this part of it. 0.1 to 1.
  double keep_ratio = 1;
  // A provider that nothing was heard of for so long gets a request out of turn. At least 1 s.
  milliseconds out_of_turn_after{25'000};
  std::optional<AffinityConfig> affinity;
};

void describe(Fields& fields, AffinityConfig& affinity);
void describe(Fields& fields, SelectionConfig& selection);

}  // namespace headgate::config
