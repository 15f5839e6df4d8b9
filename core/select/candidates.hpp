#pragma once
// Who can take a request, and one of them by weight. Knows nothing of costs: how to choose between
// two candidates is the picker's part. Inline because a pick is short. [worker]

#include <algorithm>
#include <chrono>
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
struct Misses : Shortfall {
  void add(Shortage cause) { shortage = std::max(shortage, cause); }
  void returns(const Endpoint& endpoint, TimePoint when) {
    if (earliest_return && when >= *earliest_return) return;
    earliest_return = when;
    returning = &endpoint;
  }
  // One that is out, whatever for.
  void out(const Endpoint& endpoint, const Cell& cell, TimePoint now) {
    add(Shortage::evicted);
    returns(endpoint, cell.returns_at());
    held_back |= cell.evicted_state(now) == ServiceState::in_service;
  }
};

class Candidates {
 public:
  static constexpr int kDrawsMax = 8;
  // While another request is the probe, nobody knows when it is decided; asking again after this
  // is soon enough.
  static constexpr std::chrono::milliseconds kProbeRecheck{250};

  // All must outlive it.
  Candidates(const Group& group, const PickQuery& query, Rng& rng, Misses& misses)
      : group_(group), query_(query), rng_(rng), misses_(misses) {}

  // A candidate other than `other`, drawn by weight; after kDrawsMax misses found by one scan. One
  // that comes back is returned with the leases of its probe, and the caller owns them.
  Candidate find(const Endpoint* other) {
    const std::size_t size = group_.endpoints().size();
    const std::size_t choices = size - (other == nullptr ? 0 : 1);
    if (choices == 0) return {};
    if (choices == 1) return the_only(other);
    if (!group_.aliases().empty()) {
      for (int draw = 0; draw < kDrawsMax; ++draw) {
        Candidate candidate = candidate_at(next_index(other));
        if (candidate.endpoint != other && usable(candidate)) return candidate;
      }
    }
    return scan(other);
  }

  // The endpoint at this place of the group, if it can take the request now; leases as of find().
  Candidate at(std::size_t place) {
    Candidate candidate = candidate_at(place);
    return usable(candidate) ? candidate : Candidate();
  }

  // Whether the endpoint could take the request if no eviction and no limit were in the way.
  bool willing(const Endpoint& endpoint) {
    if (endpoint.weight() == 0 || (query_.eligible && !query_.eligible(endpoint)))
      return miss(Shortage::incapable);
    if (!query_.excluded.empty() && excluded(endpoint)) return miss(Shortage::excluded);
    return true;
  }

 private:
  static constexpr std::size_t kFitsCache = 256;

  bool miss(Shortage cause) {
    misses_.add(cause);
    return false;
  }

  bool excluded(const Endpoint& endpoint) const {
    return std::find(query_.excluded.begin(), query_.excluded.end(), endpoint.index()) !=
           query_.excluded.end();
  }

  Candidate candidate_at(std::size_t index) const {
    const Endpoint& endpoint = group_.endpoints()[index];
    return {&endpoint, &endpoint.cell_for(query_.model)};
  }

  // With one to choose from, there is nothing to draw.
  Candidate the_only(const Endpoint* other) {
    Candidate candidate = candidate_at(other == group_.endpoints().data() ? 1 : 0);
    return usable(candidate) ? candidate : Candidate();
  }

  // In a large group both draws of a pick are made at once, so that the memory of both is fetched
  // at the same time; the second is used if it still fits, and drawn again if not.
  std::size_t next_index(const Endpoint* other) {
    const std::span<const Endpoint> endpoints = group_.endpoints();
    if (endpoints.size() <= kFitsCache) return draw_index(other);
    if (other != nullptr && other == drawn_for_) {
      drawn_for_ = nullptr;
      return drawn_;
    }
    const std::size_t index = draw_index(other);
    if (other == nullptr) {
      group_.prefetch(index);
      drawn_for_ = &endpoints[index];
      drawn_ = draw_index(drawn_for_);
      group_.prefetch(drawn_);
    }
    return index;
  }

  std::size_t draw_index(const Endpoint* other) {
    const AliasTable& aliases = group_.aliases();
    if (other == nullptr || !aliases.uniform()) return aliases.draw(rng_);
    // One of the others: shifting past the first keeps it uniform.
    const auto first = static_cast<std::size_t>(other - group_.endpoints().data());
    const std::size_t index = rng_.below(static_cast<std::uint32_t>(group_.endpoints().size() - 1));
    return index < first ? index : index + 1;
  }

  // Takes the leases of one that is half-open.
  bool usable(Candidate& candidate) {
    const Endpoint& endpoint = *candidate.endpoint;
    if (!willing(endpoint)) return false;
    const ServiceState state = candidate.cell->quick_state(query_.now);
    if (state == ServiceState::out) {
      misses_.out(endpoint, *candidate.cell, query_.now);
      return false;
    }
    if (endpoint.base_cell().load.full(endpoint.concurrency_max())) return miss(Shortage::full);
    return state == ServiceState::in_service || may_probe(candidate);
  }

  bool may_probe(Candidate& candidate);
  Candidate scan(const Endpoint* other);

  const Group& group_;
  const PickQuery& query_;
  Rng& rng_;
  Misses& misses_;
  std::size_t drawn_ = 0;                // the second draw, made ahead
  const Endpoint* drawn_for_ = nullptr;  // with this one as the first
};

}  // namespace headgate::select
