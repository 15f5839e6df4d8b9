#include "core/select/affinity.hpp"

#include <algorithm>

namespace headgate::select {

Preferred::Preferred(const Group& group, const PickQuery& query, std::uint64_t key,
                     const Pricing& pricing, Candidates& candidates)
    : group_(group),
      query_(query),
      pricing_(pricing),
      candidates_(candidates),
      two_(group.rendezvous()->first_two(key,
                                         [this](std::size_t place) { return in_order(place); })) {}

Candidate Preferred::next() {
  while (const std::optional<std::size_t> place = next_place())
    if (const Candidate candidate = candidates_.at(*place)) return candidate;
  return {};
}

std::optional<std::size_t> Preferred::next_place() {
  while (const std::optional<Place> next = next_in_order())
    if (next->has_room) return next->place;
  return {};
}

std::optional<Preferred::Place> Preferred::next_in_order() {
  if (tried_ == two_.size() || !two_[tried_]) return {};
  const std::size_t place = *two_[tried_++];
  const Endpoint& endpoint = group_.endpoints()[place];
  return Place{place, has_room(endpoint, endpoint.cell_for(query_.model))};
}

// Who cannot serve at all is no part of the order, so that the next one is as fixed as the first.
bool Preferred::in_order(std::size_t place) {
  const Endpoint& endpoint = group_.endpoints()[place];
  if (!candidates_.willing(endpoint)) return false;
  Cell& cell = endpoint.cell_for(query_.model);
  return cell.quick_state(query_.now) != ServiceState::out &&
         cell.health_at(pricing_.now()) >= kPreferredHealthLeast;
}

// Slow start lowers the bound: keys come back to an endpoint as its weight does.
bool Preferred::has_room(const Endpoint& endpoint, Cell& cell) {
  const AffinitySettings& settings = *group_.settings().affinity;
  const double weight = weight_now(endpoint, cell);
  const auto load = static_cast<double>(endpoint.base_cell().load.tokens_seen(pricing_.now()));
  if (pricing_.requests(load) < settings.requests_min * weight) return true;
  const GroupLoad group = group_load();
  const auto wanted = static_cast<double>(pricing_.request_tokens());
  return group.weight > 0 &&
         (load + wanted) * group.weight <= settings.load_max * (group.tokens + wanted) * weight;
}

double Preferred::weight_now(const Endpoint& endpoint, Cell& cell) const {
  const Settings& settings = group_.settings();
  return endpoint.relative_weight() *
         cell.slow_start(pricing_.now(), static_cast<double>(settings.slow_start.count()),
                         settings.slow_start_least);
}

Preferred::GroupLoad Preferred::group_load() const {
  const std::span<const Endpoint> endpoints = group_.endpoints();
  const std::size_t count = std::min(endpoints.size(), kSampleMax);
  const std::size_t stride = endpoints.size() / count;
  const std::size_t start = pricing_.now();  // of a large group another part each time
  GroupLoad sum;
  for (std::size_t i = 0; i < count; ++i) {
    const Endpoint& endpoint = endpoints[(start + i * stride) % endpoints.size()];
    if (endpoint.weight() == 0 || (query_.eligible && !query_.eligible(endpoint))) continue;
    Cell& cell = endpoint.cell_for(query_.model);
    if (cell.quick_state(query_.now) == ServiceState::out) continue;
    sum.tokens += static_cast<double>(endpoint.base_cell().load.tokens_seen(pricing_.now()));
    sum.weight += weight_now(endpoint, cell);
  }
  const double scale = static_cast<double>(endpoints.size()) / static_cast<double>(count);
  return {sum.tokens * scale, sum.weight * scale};
}

}  // namespace headgate::select
