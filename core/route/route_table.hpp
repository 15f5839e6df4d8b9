#pragma once
// Which route serves a request. The table is compiled once from a configuration, is immutable, and
// answers without allocating; the exchange attaches what it built for a route by its index.
//
// Order of precedence: the route's host name (exact, then longest wildcard, then none), exact path,
// longest prefix by segments, regex, method, number of headers, number of query parameters, place
// in the file.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.hpp"

namespace headgate::route {

// The headers of one request, as the matcher sees them.
class HeaderSource {
 public:
  virtual ~HeaderSource() = default;
  // The value of the first header of that name, without regard to case. `name` is in lower case.
  virtual std::optional<std::string_view> find(std::string_view name) const = 0;
};

// Views of one request; nothing is kept.
struct MatchRequest {
  std::size_t listener = 0;  // what select_listener() returned
  std::string_view method;
  std::string_view host;   // as the client sent it; port, case and a final dot do not matter
  std::string_view path;   // as the client sent it, without the query
  std::string_view query;  // without the `?`
  const HeaderSource& headers;
};

struct ListenerEntry {
  std::size_t index = 0;  // place in RouteTable::listeners()
  std::uint16_t port = 0;
  const config::BindConfig* bind = nullptr;
  const config::ListenerConfig* config = nullptr;
};

struct RouteEntry {
  std::size_t index = 0;     // place in RouteTable::routes(); dense, for what others attach
  std::size_t listener = 0;  // place in RouteTable::listeners()
  const config::RouteConfig* config = nullptr;

  std::string_view name() const { return config->name; }
};

// One way into a route, and what became of it.
struct LookedAt {
  const RouteEntry* route = nullptr;
  std::string conditions;   // for people: "host *.example.com, path /v1/..., method POST"
  std::string_view missed;  // the first one not met: host, path, method, header, query; empty: none
};

class RouteTable {
 public:
  // Keeps `config` alive; entries point into it. [main]
  // REQUIRES: `config` came out of load_config, so its patterns are valid.
  explicit RouteTable(std::shared_ptr<const config::Config> config);
  RouteTable(RouteTable&&) noexcept;
  RouteTable& operator=(RouteTable&&) noexcept;
  ~RouteTable();

  // The listener of a port (as configured, also when it is 0) that serves this host or SNI name:
  // exact name, then the longest wildcard, then the one without a name. [any]
  std::optional<std::size_t> select_listener(std::uint16_t port, std::string_view host) const;

  // The route that serves the request, or null: 404. [any]
  const RouteEntry* match(const MatchRequest& request) const;

  // The ways into the listener's routes in the order in which match() looks at them, to the one
  // that it takes. For explanations: it allocates. [any]
  std::vector<LookedAt> look(const MatchRequest& request) const;

  std::span<const ListenerEntry> listeners() const { return listeners_; }
  std::span<const RouteEntry> routes() const { return routes_; }
  const config::Config& config() const { return *config_; }

 private:
  struct Rules;  // per listener: compiled matches in order of precedence

  std::shared_ptr<const config::Config> config_;
  std::vector<ListenerEntry> listeners_;
  std::vector<RouteEntry> routes_;
  std::unique_ptr<Rules> rules_;
};

}  // namespace headgate::route
