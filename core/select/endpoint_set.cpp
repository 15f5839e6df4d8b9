#include "core/select/endpoint_set.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace headgate::select {
namespace {

std::vector<std::uint32_t> weights_of(const std::vector<EndpointSpec>& specs) {
  std::vector<std::uint32_t> weights;
  weights.reserve(specs.size());
  for (const EndpointSpec& spec : specs) weights.push_back(spec.weight);
  return weights;
}

// Over those that are ever picked; a drained endpoint does not count.
double mean_weight(const std::vector<EndpointSpec>& specs) {
  double total = 0;
  double count = 0;
  for (const EndpointSpec& spec : specs) {
    total += spec.weight;
    count += spec.weight == 0 ? 0 : 1;
  }
  return count == 0 ? 1 : total / count;
}

bool fits(const Settings& settings) {
  return settings.keep_ratio > 0 && settings.keep_ratio <= 1 && settings.slow_start.count() >= 0 &&
         settings.slow_start_least > 0 && settings.slow_start_least <= 1 &&
         settings.out_of_turn_after >= std::chrono::seconds(1) &&
         (!settings.affinity ||
          (settings.affinity->load_max >= 1 && settings.affinity->requests_min >= 1));
}

Error fault(std::string message) {
  return gateway_error("bad_endpoints", std::move(message));
}

}  // namespace

Group::Group(std::vector<EndpointSpec> specs, std::uint16_t first_index, const Settings& settings)
    : aliases_(weights_of(specs)), settings_(settings) {
  const double mean = mean_weight(specs);
  endpoints_.reserve(specs.size());
  std::uint16_t index = first_index;
  for (EndpointSpec& spec : specs) endpoints_.emplace_back(std::move(spec), index++, mean);
  base_cells_.reserve(endpoints_.size());
  for (const Endpoint& endpoint : endpoints_) base_cells_.push_back(&endpoint.base_cell());
  if (settings.affinity && endpoints_.size() > 1) rendezvous_.emplace(endpoints_);
}

bool Group::may_evict(double percent, TimePoint now, std::uint64_t model) const {
  std::size_t out = 1;  // with the one that is asked about
  for (const Endpoint& endpoint : endpoints_)
    if (endpoint.cell_for(model).evicted_state(now) != ServiceState::in_service) ++out;
  return static_cast<double>(out) * 100 <= percent * static_cast<double>(endpoints_.size());
}

Result<std::shared_ptr<const EndpointSet>> EndpointSet::make(
    std::vector<std::vector<EndpointSpec>> groups, const Settings& settings) {
  const std::vector<Settings> each(groups.size(), settings);
  return make(std::move(groups), each);
}

Result<std::shared_ptr<const EndpointSet>> EndpointSet::make(
    std::vector<std::vector<EndpointSpec>> groups, std::span<const Settings> settings) {
  std::size_t total = 0;
  for (const std::vector<EndpointSpec>& group : groups) {
    total += group.size();
    for (const EndpointSpec& spec : group)
      if (spec.cell == nullptr) return fault("endpoint '" + spec.name + "' has no statistics cell");
  }
  if (total == 0) return fault("there is no endpoint");
  if (total > kEndpointsMax)
    return fault("there are " + std::to_string(total) + " endpoints, at most " +
                 std::to_string(kEndpointsMax) + " are possible");
  if (!std::all_of(settings.begin(), settings.end(), fits))
    return fault("a selection setting is out of its limits");

  std::shared_ptr<EndpointSet> set(new EndpointSet());
  set->by_index_.reserve(total);
  for (std::vector<EndpointSpec>& specs : groups) {
    const auto first = static_cast<std::uint16_t>(set->by_index_.size());
    const std::size_t index = set->groups_.size();
    set->groups_.push_back(std::make_unique<Group>(std::move(specs), first, settings[index]));
    for (const Endpoint& endpoint : set->groups_.back()->endpoints())
      set->by_index_.push_back({&endpoint, index});
  }
  return std::shared_ptr<const EndpointSet>(std::move(set));
}

}  // namespace headgate::select
