#include "core/exchange/endpoint_directory.hpp"

#include <utility>

#include "core/select/cell_table.hpp"

namespace headgate::exchange {

EndpointDirectory::Registration EndpointDirectory::add(
    std::shared_ptr<const select::EndpointSet> set, std::uint16_t endpoint,
    observe::EndpointSeries* series, std::uint64_t& id) {
  const std::lock_guard lock(mutex_);
  id = next_id_++;
  entries_.emplace(id, Entry{std::move(set), endpoint, series});
  return Registration(*this, id);
}

EndpointDirectory::Result EndpointDirectory::evict(std::uint64_t id, const Order& order,
                                                   TimePoint now) {
  const auto found = find_cell(id);
  if (!found) return Result::gone;
  const auto& [entry, cell] = *found;
  const select::Group& group = entry.set->group(entry.set->group_of(entry.endpoint));
  const std::uint64_t model = select::model_hash(cell->model);
  // Extending one that is out already takes nobody else out.
  const bool out = cell->eviction(order.scope).state(now) == select::ServiceState::out;
  if (!out && !group.may_evict(order.max_percent, now, model)) return Result::limit;
  const select::Evicted evicted =
      select::evict(*cell, order.scope, now + order.length, now, order.restore_health, order.cause);
  if (evicted.anew && entry.series) {
    entry.series->evicted(select::scope_name(order.scope), select::cause_name(order.cause));
  }
  return Result::ok;
}

EndpointDirectory::Result EndpointDirectory::restore(std::uint64_t id, TimePoint now) {
  const auto found = find_cell(id);
  if (!found) return Result::gone;
  for (const select::Scope scope : select::kAllScopes) select::restore(*found->second, scope, now);
  return Result::ok;
}

void EndpointDirectory::remove(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(id);
}

std::optional<std::pair<EndpointDirectory::Entry, select::Cell*>> EndpointDirectory::find_cell(
    std::uint64_t id) {
  auto entry = find(id & ((std::uint64_t{1} << kPlaceShift) - 1));
  if (!entry) return {};
  const std::size_t place = static_cast<std::size_t>(id >> kPlaceShift);
  select::Cell& cell = entry->set->endpoint(entry->endpoint).cell_at(place);
  return std::pair(std::move(*entry), &cell);
}

std::optional<EndpointDirectory::Entry> EndpointDirectory::find(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto hit = entries_.find(id);
  if (hit == entries_.end()) return {};
  return hit->second;
}

}  // namespace headgate::exchange
