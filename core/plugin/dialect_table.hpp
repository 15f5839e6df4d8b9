#pragma once
// Which API format a request speaks: from its method, path and headers to a dialect and one of its
// routes. The end of the path decides, by whole segments, so that a route may have a prefix of its
// own. Built on main, immutable, read by every worker without an allocation.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/plugin/dialect_instance.hpp"

namespace headgate::plugin {

struct DialectMatch {
  const DialectInstance* dialect = nullptr;  // nullptr: no dialect has this path
  const DialectRoute* route = nullptr;       // nullptr with a dialect: only the method is wrong
  std::size_t route_number = 0;              // in the order of dialects() and of their routes
  std::size_t prefix_length = 0;             // of the path, in front of the route's
  std::string_view model;                    // from the path, as it stands there, or empty

  explicit operator bool() const { return route != nullptr; }
};

// A route by its type rather than by its path.
struct TypedRoute {
  const DialectInstance* dialect = nullptr;
  const DialectRoute* route = nullptr;
  std::size_t number = 0;  // as DialectMatch::route_number
};

class DialectTable {
 public:
  DialectTable() = default;
  // Keeps the instances. Of routes that match alike, the more specific wins: more segments, then
  // more literal bytes, then one with a header condition, then the earlier dialect.
  explicit DialectTable(std::vector<std::shared_ptr<DialectInstance>> dialects);
  DialectTable(const DialectTable&) = delete;
  DialectTable& operator=(const DialectTable&) = delete;
  DialectTable(DialectTable&&) = default;
  DialectTable& operator=(DialectTable&&) = default;

  // `path` without the query. `has_header(name)` tells whether the request has a header, `name` in
  // lower case; it is asked only where two dialects share a path.
  template <class HasHeader>
  DialectMatch find(std::string_view method, std::string_view path,
                    const HasHeader& has_header) const {
    return find(method, path, &has_header, [](const void* context, std::string_view name) -> bool {
      return (*static_cast<const HasHeader*>(context))(name);
    });
  }

  const std::vector<std::shared_ptr<DialectInstance>>& dialects() const { return dialects_; }

  // The routes of a type, those with a header condition first; and all types that there are. [main]
  std::vector<TypedRoute> routes_of(std::string_view type) const;
  std::vector<std::string> types() const;

 private:
  using HasHeaderFn = bool (*)(const void* context, std::string_view name);

  // A route cut into segments. Views are into the manifest, which outlives the table.
  struct Entry {
    const DialectInstance* dialect = nullptr;
    const DialectRoute* route = nullptr;
    std::vector<std::string_view> segments;
    bool literal = false;  // no segment has a {model}
    std::size_t literal_bytes = 0;
    std::size_t order = 0;

    // Whether this one is preferred where both match.
    bool before(const Entry& other) const;
    // Where the route's part of `path` begins, or nothing. Sets `model` if the route has one.
    std::optional<std::size_t> matches(std::string_view path, std::string_view& model) const;
  };

  DialectMatch find(std::string_view method, std::string_view path, const void* context,
                    HasHeaderFn has_header) const;
  void add(const std::shared_ptr<DialectInstance>& dialect, const DialectRoute& route);

  std::vector<std::shared_ptr<DialectInstance>> dialects_;
  // By the last segment; by what stands behind {model} in it where it has one. Each list is in the
  // order of preference.
  std::unordered_map<std::string_view, std::vector<Entry>> by_end_;
  std::size_t routes_ = 0;
};

}  // namespace headgate::plugin
