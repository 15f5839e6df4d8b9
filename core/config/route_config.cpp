#include "core/config/route_config.hpp"

#include <re2/re2.h>

#include <array>

#include "core/config/fields.hpp"

namespace headgate::config {

namespace {

constexpr TextRule kPath{.expects = "a path that begins with '/'", .pattern = "/[!-\"$->@-~]*"};

void check_regex(Fields& fields, const std::string& pattern) {
  const RE2 compiled(pattern, RE2::Quiet);
  if (!compiled.ok()) {
    fields.fault("/regex", "not a regular expression: " + compiled.error());
  }
}

// `{exact: ...}` or `{regex: ...}`.
void describe_value(Fields& fields, ValueMatchConfig& match) {
  static constexpr std::array<std::string_view, 2> kForms{"exact", "regex"};
  fields.exactly_one(kForms);
  std::optional<std::string> exact;
  std::optional<std::string> regex;
  text(fields, {"exact", "Is the same as."}, exact, {});
  text(fields, {"regex", "RE2 regular expression that matches the whole of it."}, regex,
       {.expects = "a regular expression"});
  if (exact) match.value = *exact;
  if (regex) {
    match.regex = true;
    match.value = *regex;
    check_regex(fields, *regex);
  }
}

constexpr TextRule kHeaderName{.expects = "the name of a header",
                               .pattern = "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}"};
// As it is after decoding, so it may hold anything.
constexpr TextRule kParameterName{.expects = "the name of a parameter", .pattern = "(?s:.{1,256})"};

void describe_matches(Fields& fields, const Key& key, const TextRule& name,
                      std::vector<ValueMatchConfig>& matches) {
  fields.list(key, [&](Fields& inside) {
    ValueMatchConfig& match = matches.emplace_back();
    text(inside, {"name", "The name.", true}, match.name, name);
    inside.map({"value", "What the value must be.", true},
               [&](Fields& value) { describe_value(value, match); });
  });
}

void check_hostnames(Fields& fields, const std::vector<std::string>& hostnames) {
  for (std::size_t i = 0; i < hostnames.size(); ++i) {
    if (is_hostname(hostnames[i], true)) continue;
    fields.fault(
        "/hostnames/" + std::to_string(i),
        "'" + hostnames[i] + "' is not a host name such as 'api.example.com' or '*.example.com'");
  }
}

void check_weights(Fields& fields, const std::vector<BackendConfig>& backends) {
  if (backends.empty()) return;
  for (const BackendConfig& backend : backends) {
    if (backend.weight > 0) return;
  }
  fields.fault("/backends", "the weights of all backends are 0, so that none can be drawn");
}

}  // namespace

void describe(Fields& fields, PathMatchConfig& path) {
  static constexpr std::array<std::string_view, 3> kForms{"exact", "pathPrefix", "regex"};
  fields.exactly_one(kForms);
  std::optional<std::string> exact;
  std::optional<std::string> prefix;
  std::optional<std::string> regex;
  text(fields, {"exact", "The whole path."}, exact, kPath);
  text(fields, {"pathPrefix", "The first segments of the path; '/v1' is in '/v1/x', not '/v1x'."},
       prefix, kPath);
  text(fields, {"regex", "RE2 regular expression that matches the whole path."}, regex,
       {.expects = "a regular expression"});
  if (exact) path = {PathMatchConfig::Kind::exact, *exact};
  if (prefix) path = {PathMatchConfig::Kind::prefix, *prefix};
  if (regex) {
    path = {PathMatchConfig::Kind::regex, *regex};
    check_regex(fields, *regex);
  }
}

void describe(Fields& fields, MatchConfig& match) {
  part(fields, {"path", "The path. Default: {pathPrefix: /}, which is any."}, match.path);
  text(fields, {"method", "The method, such as POST. Default: any."}, match.method,
       {.expects = "a method such as POST", .pattern = "[A-Z]{1,32}"});
  describe_matches(fields, {"headers", "Headers that must all be there with that value."},
                   kHeaderName, match.headers);
  describe_matches(fields, {"query", "Query parameters that must all be there with that value."},
                   kParameterName, match.query);
}

void describe(Fields& fields, RouteConfig& route) {
  route.position = fields.position();
  text(fields, {"name", "Seen in logs and metrics. Default: route0 and so on, by place."},
       route.name, {.expects = "a name without spaces", .pattern = "[!-~]{1,128}"});
  fields.title("route", route.name);
  texts(fields, {"hostnames", "Hosts it serves; '*.example.com' is any below. Default: any."},
        route.hostnames, {.expects = "a host name"});
  check_hostnames(fields, route.hostnames);
  parts(fields, {"matches", "Which requests: one of these must hold. Default: every path."},
        route.matches);
  part(fields, {"policies", "Policies for all requests of the route."}, route.policies);
  parts(fields, {"backends", "One of them is drawn by weight for each request."}, route.backends);
  check_weights(fields, route.backends);

  if (route.matches.empty()) route.matches.emplace_back();
  for (std::size_t i = 0; i < route.backends.size(); ++i) {
    route.backends[i].name = "backend" + std::to_string(i);
  }
}

}  // namespace headgate::config
