#pragma once
// One route: which requests, which policies, which backends.

#include <string>
#include <vector>

#include "core/config/backend_config.hpp"
#include "core/config/policies_config.hpp"

namespace headgate::config {

// `path: {exact: /x}`, `{pathPrefix: /v1}` or `{regex: "^/x$"}`.
struct PathMatchConfig {
  enum class Kind : std::uint8_t { exact, prefix, regex };
  Kind kind = Kind::prefix;
  std::string value = "/";  // a prefix counts by whole segments; a regex matches the whole path
};

// A header or a query parameter of that name with that value.
struct ValueMatchConfig {
  std::string name;
  bool regex = false;  // `value` is a regular expression that matches the whole value
  std::string value;
};

// All that is said must hold.
struct MatchConfig {
  PathMatchConfig path;
  std::string method;                     // empty: any
  std::vector<ValueMatchConfig> headers;  // names without regard to case
  std::vector<ValueMatchConfig> query;    // names and values after percent-decoding
};

struct RouteConfig {
  std::string name;  // default `route0` and so on, by place; unique in the listener
  std::vector<std::string> hostnames;  // `api.example.com` or `*.example.com`; empty: any
  std::vector<MatchConfig> matches;    // one of them must hold; never empty after loading
  PoliciesConfig policies;
  std::vector<BackendConfig> backends;  // empty: every request is answered 503
  Position position;
};

void describe(Fields& fields, PathMatchConfig& path);
void describe(Fields& fields, MatchConfig& match);
void describe(Fields& fields, RouteConfig& route);

}  // namespace headgate::config
