#include "core/route/route_table.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/route/text_match.hpp"

namespace headgate::route {

namespace {

using config::MatchConfig;
using config::PathMatchConfig;
using config::ValueMatchConfig;

std::unique_ptr<RE2> compile(const std::string& pattern) {
  return std::make_unique<RE2>(pattern, RE2::Quiet);
}

bool full_match(std::string_view text, const RE2& pattern) {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

// A header or a parameter, compiled.
struct ValueMatch {
  std::string name;  // of a header in lower case
  std::string value;
  std::unique_ptr<RE2> regex;
};

std::vector<ValueMatch> compile(const std::vector<ValueMatchConfig>& configs, bool lower_names) {
  std::vector<ValueMatch> out;
  for (const ValueMatchConfig& each : configs) {
    ValueMatch match;
    match.name = lower_names ? lowered(each.name) : each.name;
    match.value = each.value;
    if (each.regex) match.regex = compile(each.value);
    out.push_back(std::move(match));
  }
  return out;
}

// One host name of a route with one of its matches.
struct Rule {
  std::size_t route = 0;  // also the order of the file
  std::string hostname;   // empty: any
  PathMatchConfig::Kind path_kind = PathMatchConfig::Kind::prefix;
  std::string path;
  std::unique_ptr<RE2> path_regex;
  std::string method;  // empty: any
  std::vector<ValueMatch> headers;
  std::vector<ValueMatch> query;
};

bool path_matches(const Rule& rule, std::string_view path) {
  switch (rule.path_kind) {
    case PathMatchConfig::Kind::exact:
      return path == rule.path;
    case PathMatchConfig::Kind::prefix:
      return in_prefix(path, rule.path);
    case PathMatchConfig::Kind::regex:
      return full_match(path, *rule.path_regex);
  }
  return false;
}

bool headers_match(const Rule& rule, const HeaderSource& headers) {
  return std::all_of(rule.headers.begin(), rule.headers.end(), [&](const ValueMatch& match) {
    const std::optional<std::string_view> value = headers.find(match.name);
    if (!value) return false;
    return match.regex ? full_match(*value, *match.regex) : *value == match.value;
  });
}

bool query_matches(const Rule& rule, std::string_view query) {
  return std::all_of(rule.query.begin(), rule.query.end(), [&](const ValueMatch& match) {
    const std::optional<std::string_view> value = find_parameter(query, match.name);
    if (!value) return false;
    if (!match.regex) return decoded_equal(*value, match.value);
    if (value->find_first_of("%+") == std::string_view::npos) {
      return full_match(*value, *match.regex);
    }
    return full_match(decode(*value), *match.regex);
  });
}

bool rule_matches(const Rule& rule, const MatchRequest& request, std::string_view host) {
  return host_fit(rule.hostname, host) != 0 && path_matches(rule, request.path) &&
         (rule.method.empty() || rule.method == request.method) &&
         headers_match(rule, request.headers) && query_matches(rule, request.query);
}

// The first condition that the request does not meet.
std::string_view missed_by(const Rule& rule, const MatchRequest& request, std::string_view host) {
  if (host_fit(rule.hostname, host) == 0) return "host";
  if (!path_matches(rule, request.path)) return "path";
  if (!rule.method.empty() && rule.method != request.method) return "method";
  if (!headers_match(rule, request.headers)) return "header";
  if (!query_matches(rule, request.query)) return "query";
  return {};
}

void add_values(std::string& out, std::string_view kind, const std::vector<ValueMatch>& values) {
  for (const ValueMatch& match : values) {
    out.append(", ").append(kind).append(" ").append(match.name);
    out.append(match.regex ? " ~ " : " = ").append(match.value);
  }
}

std::string conditions_of(const Rule& rule) {
  std::string out;
  if (!rule.hostname.empty()) out.append("host ").append(rule.hostname).append(", ");
  out.append("path ").append(rule.path_kind == PathMatchConfig::Kind::regex ? "~ " : "");
  out.append(rule.path);
  if (rule.path_kind == PathMatchConfig::Kind::prefix)
    out.append(rule.path.ends_with('/') ? "..." : "/...");
  if (!rule.method.empty()) out.append(", method ").append(rule.method);
  add_values(out, "header", rule.headers);
  add_values(out, "parameter", rule.query);
  return out;
}

// Smaller goes first.
auto precedence(const Rule& rule) {
  const bool exact_host = !rule.hostname.empty() && !rule.hostname.starts_with("*.");
  // A longer prefix that fits the same path has more segments; a final slash is not one.
  const bool is_prefix = rule.path_kind == PathMatchConfig::Kind::prefix;
  const std::size_t slash = rule.path.ends_with('/') ? 1 : 0;
  const std::size_t prefix_length = is_prefix ? rule.path.size() - slash : 0;
  return std::tuple(exact_host ? 0 : 1, SIZE_MAX - rule.hostname.size(), rule.path_kind,
                    SIZE_MAX - prefix_length, rule.method.empty() ? 1 : 0,
                    SIZE_MAX - rule.headers.size(), SIZE_MAX - rule.query.size(), rule.route);
}

void add_rules(std::vector<Rule>& rules, std::size_t route, const config::RouteConfig& config) {
  std::vector<std::string> hostnames = config.hostnames;
  if (hostnames.empty()) hostnames.emplace_back();
  for (const std::string& hostname : hostnames) {
    for (const MatchConfig& match : config.matches) {
      Rule rule;
      rule.route = route;
      rule.hostname = hostname;
      rule.path_kind = match.path.kind;
      rule.path = match.path.value;
      if (rule.path_kind == PathMatchConfig::Kind::regex) rule.path_regex = compile(rule.path);
      rule.method = match.method;
      rule.headers = compile(match.headers, true);
      rule.query = compile(match.query, false);
      rules.push_back(std::move(rule));
    }
  }
}

}  // namespace

struct RouteTable::Rules {
  std::vector<std::vector<Rule>> by_listener;
};

RouteTable::RouteTable(std::shared_ptr<const config::Config> config)
    : config_(std::move(config)), rules_(std::make_unique<Rules>()) {
  for (const config::BindConfig& bind : config_->binds) {
    for (const config::ListenerConfig& listener : bind.listeners) {
      const std::size_t index = listeners_.size();
      listeners_.push_back({index, bind.port, &bind, &listener});
      std::vector<Rule>& rules = rules_->by_listener.emplace_back();
      for (const config::RouteConfig& route : listener.routes) {
        add_rules(rules, routes_.size(), route);
        routes_.push_back({routes_.size(), index, &route});
      }
      std::sort(rules.begin(), rules.end(), [](const Rule& left, const Rule& right) {
        return precedence(left) < precedence(right);
      });
    }
  }
}

RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;
RouteTable::~RouteTable() = default;

std::optional<std::size_t> RouteTable::select_listener(std::uint16_t port,
                                                       std::string_view host) const {
  host = host_without_port(host);
  std::optional<std::size_t> best;
  std::size_t best_fit = 0;
  for (const ListenerEntry& listener : listeners_) {
    if (listener.port != port) continue;
    const std::size_t fit = host_fit(listener.config->hostname, host);
    if (fit <= best_fit) continue;
    best = listener.index;
    best_fit = fit;
  }
  return best;
}

std::vector<LookedAt> RouteTable::look(const MatchRequest& request) const {
  std::vector<LookedAt> looked;
  if (request.listener >= rules_->by_listener.size()) return looked;
  const std::string_view host = host_without_port(request.host);
  for (const Rule& rule : rules_->by_listener[request.listener]) {
    const std::string_view missed = missed_by(rule, request, host);
    looked.push_back({&routes_[rule.route], conditions_of(rule), missed});
    if (missed.empty()) break;
  }
  return looked;
}

const RouteEntry* RouteTable::match(const MatchRequest& request) const {
  if (request.listener >= rules_->by_listener.size()) return nullptr;
  const std::string_view host = host_without_port(request.host);
  for (const Rule& rule : rules_->by_listener[request.listener]) {
    if (rule_matches(rule, request, host)) return &routes_[rule.route];
  }
  return nullptr;
}

}  // namespace headgate::route
