#pragma once
// The endpoints of one backend: priority groups in order, the first that can serve is used.
// Immutable but for the estimates; owned by a snapshot, built on the control thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/base/error.hpp"
#include "core/select/alias_table.hpp"
#include "core/select/endpoint.hpp"
#include "core/select/estimates.hpp"
#include "core/select/rendezvous.hpp"
#include "core/select/settings.hpp"

namespace headgate::select {

class Group {
 public:
  Group(std::vector<EndpointSpec> specs, std::uint16_t first_index, const Settings& settings);
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  std::span<const Endpoint> endpoints() const { return endpoints_; }
  const AliasTable& aliases() const { return aliases_; }
  const Settings& settings() const { return settings_; }
  // Null where there is no affinity, or nothing to choose from.
  const Rendezvous* rendezvous() const { return rendezvous_ ? &*rendezvous_ : nullptr; }

  // Begins to fetch what a pick reads of an endpoint, all at once: the cell's address is found
  // without waiting for the endpoint.
  void prefetch(std::size_t index) const {
    __builtin_prefetch(&endpoints_[index]);
    __builtin_prefetch(base_cells_[index], 1);
  }

  // What is usual for a model, refreshed if it is old. [any]
  Estimates estimates(std::uint64_t model, std::uint32_t now) const {
    GroupEstimates& place = estimates_[model % kEstimatePlaces];
    if (place.claim_refresh(now)) place.refresh(endpoints_, model, now);
    return place.load();
  }

  // The same figures without touching those that are kept. [any]
  Estimates peek_estimates(std::uint64_t model, std::uint32_t now) const {
    return estimates_[model % kEstimatePlaces].peek(endpoints_, model, now);
  }

  // Whether one more endpoint may be evicted, for that model (0 = any), when at most `percent` of
  // the group may be out. [any]
  bool may_evict(double percent, TimePoint now, std::uint64_t model = 0) const;

 private:
  static constexpr std::size_t kEstimatePlaces = 8;
  std::vector<Endpoint> endpoints_;
  std::vector<Cell*> base_cells_;  // of the endpoints: eight to a cache line
  AliasTable aliases_;
  Settings settings_;
  std::optional<Rendezvous> rendezvous_;
  mutable std::array<GroupEstimates, kEstimatePlaces> estimates_;
};

class EndpointSet {
 public:
  static constexpr std::size_t kEndpointsMax = 65'535;

  // Fails when there is no endpoint, too many, one without a cell, or a setting out of its limits.
  // REQUIRES: as many settings as groups. [main]
  static Result<std::shared_ptr<const EndpointSet>> make(
      std::vector<std::vector<EndpointSpec>> groups, std::span<const Settings> settings);
  // The same settings for all of them.
  static Result<std::shared_ptr<const EndpointSet>> make(
      std::vector<std::vector<EndpointSpec>> groups, const Settings& settings);

  std::size_t groups() const { return groups_.size(); }
  const Group& group(std::size_t index) const { return *groups_[index]; }
  std::size_t size() const { return by_index_.size(); }
  // REQUIRES: index < size().
  const Endpoint& endpoint(std::size_t index) const { return *by_index_[index].endpoint; }
  std::size_t group_of(std::size_t index) const { return by_index_[index].group; }

 private:
  EndpointSet() = default;
  struct Place {
    const Endpoint* endpoint;
    std::size_t group;
  };
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<Place> by_index_;
};

}  // namespace headgate::select
