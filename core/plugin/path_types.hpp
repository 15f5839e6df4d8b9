#pragma once
// What the paths of a route are, where the configuration says so: a map from the end of a path to
// the type of a dialect's route, or to "passthrough". Such a map is a member of a policy's
// configuration; the policy's manifest says which (pathTypes). It overrides the paths of the
// dialects' own. Built on main, immutable, read by every worker without an allocation.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin/dialect_table.hpp"
#include "core/plugin/fault.hpp"

namespace headgate::plugin {

class PathTypes {
 public:
  // Not read: the request goes to a provider that declares its path.
  static constexpr std::string_view kPassThrough = "passthrough";
  // Of one map: they are looked at one by one.
  static constexpr std::size_t kEndsMax = 64;

  PathTypes() = default;

  // Reads `member` of a policy's configuration, JSON as its schema accepted it. What is wrong is
  // told with pointers from the configuration's root. `dialects` must outlive what is made. [main]
  static PathTypes read(std::string_view config, std::string_view member,
                        const DialectTable& dialects, std::vector<PluginFault>& faults);

  // What a request is by the longest end that fits its path, "*" after all others; nothing: none
  // does. A match without a dialect passes through; one without a route has the wrong method. Where
  // two dialects have a route of the same type, a header of theirs decides.
  template <class HasHeader>
  std::optional<DialectMatch> find(std::string_view method, std::string_view path,
                                   const HasHeader& has_header) const {
    for (const End& end : ends_) {
      if (!path.ends_with(end.text)) continue;
      const TypedRoute* const route = choose(end, method, has_header);
      if (route == nullptr) {
        DialectMatch none;
        if (!end.routes.empty()) none.dialect = end.routes.front().dialect;
        return none;
      }
      return DialectMatch{
          route->dialect, route->route, route->number, path.size() - end.text.size(), {}};
    }
    return std::nullopt;
  }

  bool empty() const { return ends_.empty(); }
  // Whether a path passes through that a dialect would know.
  bool passes() const;
  // The same paths are the same.
  bool operator==(const PathTypes& other) const;

 private:
  struct End {
    std::string text;  // begins with a slash, so whole segments match; empty: any path
    std::string type;
    std::vector<TypedRoute> routes;  // empty: it passes through
  };

  template <class HasHeader>
  static const TypedRoute* choose(const End& end, std::string_view method,
                                  const HasHeader& has_header) {
    const TypedRoute* otherwise = nullptr;
    for (const TypedRoute& each : end.routes) {
      if (each.route->method != method) continue;
      const std::string& header = each.route->header;
      if (header.empty() || has_header(header)) return &each;
      if (otherwise == nullptr) otherwise = &each;  // the type alone says what it is
    }
    return otherwise;
  }

  std::vector<End> ends_;  // longest first
};

}  // namespace headgate::plugin
