#pragma once
// Who can take a request, and one of them by weight. Knows nothing of costs: how to choose between
// two candidates is the picker's part. [worker]

#include <algorithm>
#include <optional>

#include "core/base/rng.hpp"
#include "core/select/endpoint_set.hpp"
#include "core/select/leases.hpp"
#include "core/select/picker.hpp"

namespace headgate::select {

struct Candidate {
  const Endpoint* endpoint = nullptr;
  Cell* cell = nullptr;  // the endpoint's for the model of the request
  Leases leases = 0;     // held: taking it makes the request a probe
  explicit operator bool() const { return endpoint != nullptr; }
};

// What stood in the way, for when nobody is found.
struct Misses {
  void add(Shortage cause) { soonest = std::max(soonest, cause); }
  void returns(TimePoint when) {
    if (!earliest_return || when < *earliest_return) earliest_return = when;
  }
  Shortage soonest = Shortage::nothing;
  std::optional<TimePoint> earliest_return;
};

class Candidates {
 public:
  // All must outlive it.
  Candidates(const Group& group, const PickQuery& query, Rng& rng, Misses& misses)
      : group_(group), query_(query), rng_(rng), misses_(misses) {}

  // A candidate other than `other`, drawn by weight; after kDrawsMax misses found by one scan. One
  // that comes back is returned with the leases of its probe, and the caller owns them.
  Candidate find(const Endpoint* other);

  // Whether the endpoint could take the request if no eviction were in the way.
  bool willing(const Endpoint& endpoint, Misses& misses) const;

 private:
  static constexpr int kDrawsMax = 8;

  std::size_t draw_index(const Endpoint* other);
  Candidate scan(const Endpoint* other);
  bool usable(Candidate& candidate, Misses& misses) const;

  const Group& group_;
  const PickQuery& query_;
  Rng& rng_;
  Misses& misses_;
};

}  // namespace headgate::select
