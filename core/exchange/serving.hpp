#pragma once
// Which backends and endpoints of a route can serve a request, from what the plugins declare. What
// serves requests and what explains them ask the same functions. [any]

#include <optional>
#include <span>
#include <string_view>

#include "core/exchange/facets.hpp"
#include "core/exchange/snapshot.hpp"
#include "core/plugin/dialect_table.hpp"
#include "core/route/draw_backend.hpp"
#include "core/select/cell.hpp"

namespace headgate::exchange {

// What is asked by this path of a route.
template <class HasHeader>
plugin::DialectMatch find_format(const Snapshot& snapshot, const RoutePlan& route,
                                 std::string_view method, std::string_view path,
                                 const HasHeader& has_header) {
  if (route.path_types) {
    const auto said = route.path_types->find(method, path, has_header);
    if (said) return *said;
  }
  return snapshot.dialects.find(method, path, has_header);
}

// Whether the provider of an endpoint declares what is asked. `dialect` without a route: bytes
// pass.
inline bool declares(const EndpointPlan& endpoint, const plugin::DialectMatch& dialect,
                     std::string_view path) {
  if (!endpoint.provider) return true;
  if (!dialect.route) return endpoint.pass_through->match(path).has_value();
  return endpoint.has_operation(dialect);
}

// Whether it is one of those that know what the request names; see stored_ids.hpp.
inline bool knows(const EndpointPlan& endpoint, std::optional<std::uint16_t> store) {
  return !store || endpoint.store == *store;
}

// Where a request that passes unread names its model. Nowhere if those who may be asked look for it
// in different places.
inline ModelPlace passed_model(const BackendPlan& backend, const plugin::DialectMatch& dialect,
                               std::string_view path) {
  std::optional<ModelPlace> known;
  for (const EndpointPlan& endpoint : backend.endpoints) {
    ModelPlace place;
    if (endpoint.provider) {
      const auto match = endpoint.pass_through->find(path);
      if (!match) continue;
      place.in_path = match->model;
      if (place.in_path.empty()) place.pointer = endpoint.provider->declares().passed_model;
    } else if (dialect.dialect) {
      // A plain upstream declares nothing; the path says what is spoken with it.
      place.in_path = dialect.model;
      if (place.in_path.empty()) place.pointer = dialect.dialect->declares().model;
    }
    if (known && *known != place) return {};
    known = place;
  }
  return known.value_or(ModelPlace());
}

// Fills in the weight of each backend, and whether it has an endpoint that is not out and for which
// `can_serve(endpoint)` holds. With one backend there is nothing to choose, so it counts as
// available whenever an endpoint can. Says whether any endpoint can. REQUIRES: as many shares.
template <class CanServe>
bool fill_shares(std::span<const BackendPlan> backends, TimePoint now, const CanServe& can_serve,
                 std::span<route::BackendShare> shares) {
  bool any = false;
  for (std::size_t i = 0; i < backends.size(); ++i) {
    shares[i].weight = backends[i].weight;
    shares[i].available = false;
    for (std::size_t k = 0; k < backends[i].endpoints.size(); ++k) {
      if (!can_serve(backends[i].endpoints[k])) continue;
      any = true;
      if (backends.size() == 1 ||
          backends[i].set->endpoint(k).base_cell().state(now) != select::ServiceState::out) {
        shares[i].available = true;
        break;
      }
    }
  }
  return any;
}

// A plain upstream: there is nothing to choose, and it answers for itself.
inline bool is_plain(const BackendPlan& backend) {
  return !backend.endpoints.empty() && !backend.endpoints.front().provider;
}

}  // namespace headgate::exchange
