#include "core/route/route_table.hpp"

#include <gtest/gtest.h>

#include <map>

namespace headgate::route {
namespace {

class TestHeaders final : public HeaderSource {
 public:
  std::optional<std::string_view> find(std::string_view name) const override {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  }
  std::map<std::string, std::string, std::less<>> values;
};

RouteTable table(const std::string& binds) {
  config::Environment environment = config::process_environment();
  const config::LoadedConfig loaded = config::load_config(binds, "config.yaml", {}, environment);
  EXPECT_EQ(config::to_string(loaded.faults), "");
  return RouteTable(loaded.config);
}

// A table of one listener with these routes (a YAML list in flow style).
RouteTable routes(const std::string& list) {
  return table("binds: [{port: 1, listeners: [{routes: " + list + "}]}]");
}

struct Request {
  std::string path = "/";
  std::string method = "GET";
  std::string host = "localhost";
  std::string query = {};
  std::map<std::string, std::string, std::less<>> headers = {};
};

// The name of the route, or "none".
std::string match(const RouteTable& table, const Request& request, std::size_t listener = 0) {
  TestHeaders headers;
  headers.values = request.headers;
  const MatchRequest matched{listener,     request.method, request.host,
                             request.path, request.query,  headers};
  const RouteEntry* route = table.match(matched);
  return route ? std::string(route->name()) : "none";
}

// "name:missed" of each way that was looked at.
std::string looked(const RouteTable& table, const Request& request) {
  TestHeaders headers;
  headers.values = request.headers;
  const MatchRequest matched{0, request.method, request.host, request.path, request.query, headers};
  std::string text;
  for (const LookedAt& each : table.look(matched)) {
    if (!text.empty()) text += ' ';
    text.append(each.route->name()).append(":").append(each.missed);
  }
  return text;
}

TEST(RouteTable, SaysWhatItLookedAtAndWhatWasMissed) {
  const RouteTable all = routes(
      "[{name: host, hostnames: [a.test]},"
      " {name: exact, matches: [{path: {exact: /x}}]},"
      " {name: method, matches: [{path: {pathPrefix: /v1}, method: PUT}]},"
      " {name: header, matches: [{path: {pathPrefix: /v1}, headers: [{name: X-A, value: {exact: "
      "b}}]}]},"
      " {name: query, matches: [{path: {pathPrefix: /v1}, query: [{name: q, value: {exact: b}}]}]},"
      " {name: root}, {name: behind}]");
  const Request request{.path = "/v1/y"};
  EXPECT_EQ(looked(all, request),
            "host:host exact:path method:method header:header query:query root:");
  EXPECT_EQ(match(all, request), "root");
  EXPECT_EQ(looked(all, {.path = "/v1/y", .headers = {{"x-a", "b"}}}),
            "host:host exact:path method:method header:");
  EXPECT_EQ(looked(all, {.path = "/", .host = "a.test"}), "host:");
}

TEST(RouteTable, DescribesTheConditionsOfAWay) {
  const RouteTable one = routes(
      "[{hostnames: ['*.test'], matches: [{path: {regex: '/v[12]'}, method: GET,"
      " headers: [{name: X-A, value: {regex: 'b+'}}], query: [{name: q, value: {exact: c}}]}]}]");
  TestHeaders headers;
  const MatchRequest nothing{0, "GET", "h", "/", "", headers};
  const std::vector<LookedAt> looked = one.look(nothing);
  ASSERT_EQ(looked.size(), 1u);
  EXPECT_EQ(looked[0].conditions,
            "host *.test, path ~ /v[12], method GET, header x-a ~ b+, parameter q = c");
}

TEST(RouteTable, ARouteWithoutMatchesTakesEveryPath) {
  const RouteTable only = routes("[{}]");
  EXPECT_EQ(match(only, {.path = "/v1/chat/completions"}), "route0");
  EXPECT_EQ(match(only, {.path = "/"}), "route0");
}

TEST(RouteTable, AnExactPathGoesBeforePrefixesAndThoseBeforeRegexes) {
  const RouteTable all = routes(
      "[{name: regex, matches: [{path: {regex: '/v1/.*'}}]}, {name: root},"
      " {name: v1, matches: [{path: {pathPrefix: /v1}}]},"
      " {name: chat, matches: [{path: {pathPrefix: /v1/chat/}}]},"
      " {name: exact, matches: [{path: {exact: /v1/chat/completions}}]}]");
  EXPECT_EQ(match(all, {.path = "/v1/chat/completions"}), "exact");
  EXPECT_EQ(match(all, {.path = "/v1/chat/completions/"}), "chat");
  EXPECT_EQ(match(all, {.path = "/v1/chat"}), "chat");
  EXPECT_EQ(match(all, {.path = "/v1/chatty"}), "v1");
  EXPECT_EQ(match(all, {.path = "/v1"}), "v1");
  EXPECT_EQ(match(all, {.path = "/v1x"}), "root");
  const RouteTable regex = routes("[{name: regex, matches: [{path: {regex: '/v1/.*'}}]}]");
  EXPECT_EQ(match(regex, {.path = "/v1/x"}), "regex");
  EXPECT_EQ(match(regex, {.path = "/a/v1/x"}), "none");
  EXPECT_EQ(match(regex, {.path = "/v1"}), "none");
}

TEST(RouteTable, ARegexMatchesTheWholePath) {
  const RouteTable one = routes("[{matches: [{path: {regex: '/x|/y'}}]}]");
  EXPECT_EQ(match(one, {.path = "/x"}), "route0");
  EXPECT_EQ(match(one, {.path = "/y"}), "route0");
  EXPECT_EQ(match(one, {.path = "/xy"}), "none");
  EXPECT_EQ(match(one, {.path = "/a/x"}), "none");
}

TEST(RouteTable, AMethodGoesBeforeAnyMethodAndBeforeHeaders) {
  const RouteTable all = routes(
      "[{name: any}, {name: headers, matches: [{headers: [{name: a, value: {exact: b}}]}]},"
      " {name: post, matches: [{method: POST}]}]");
  EXPECT_EQ(match(all, {.method = "POST", .headers = {{"a", "b"}}}), "post");
  EXPECT_EQ(match(all, {.method = "GET", .headers = {{"a", "b"}}}), "headers");
  EXPECT_EQ(match(all, {.method = "GET"}), "any");
}

TEST(RouteTable, MoreHeadersGoFirstThenMoreParameters) {
  const RouteTable all = routes(
      "[{name: q2, matches: [{query: [{name: x, value: {exact: '1'}},"
      "                               {name: y, value: {exact: '1'}}]}]},"
      " {name: q1, matches: [{query: [{name: x, value: {exact: '1'}}]}]},"
      " {name: h1, matches: [{headers: [{name: a, value: {exact: '1'}}]}]},"
      " {name: h2, matches: [{headers: [{name: a, value: {exact: '1'}},"
      "                                 {name: b, value: {regex: '[0-9]+'}}]}]}]");
  EXPECT_EQ(match(all, {.query = "x=1&y=1", .headers = {{"a", "1"}, {"b", "12"}}}), "h2");
  EXPECT_EQ(match(all, {.query = "x=1&y=1", .headers = {{"a", "1"}, {"b", "12x"}}}), "h1");
  EXPECT_EQ(match(all, {.query = "x=1&y=1"}), "q2");
  EXPECT_EQ(match(all, {.query = "y=2&x=1"}), "q1");
  EXPECT_EQ(match(all, {.query = "y=1"}), "none");
}

TEST(RouteTable, EqualsGoByTheOrderOfTheFile) {
  const RouteTable all = routes("[{name: first}, {name: second}]");
  EXPECT_EQ(match(all, {}), "first");
}

TEST(RouteTable, AMatchNeedsAllOfItAndARouteNeedsOneMatch) {
  const RouteTable one = routes(
      "[{matches: [{path: {exact: /a}, method: POST, headers: [{name: X-Team, value: {exact: t}}]},"
      "            {path: {exact: /b}}]}]");
  EXPECT_EQ(match(one, {.path = "/a", .method = "POST", .headers = {{"x-team", "t"}}}), "route0");
  EXPECT_EQ(match(one, {.path = "/a", .method = "POST", .headers = {{"x-team", "T"}}}), "none");
  EXPECT_EQ(match(one, {.path = "/a", .method = "POST"}), "none");
  EXPECT_EQ(match(one, {.path = "/a", .method = "GET", .headers = {{"x-team", "t"}}}), "none");
  EXPECT_EQ(match(one, {.path = "/b"}), "route0");
}

TEST(RouteTable, ParametersAreComparedDecoded) {
  const RouteTable one = routes(
      "[{name: exact, matches: [{query: [{name: q, value: {exact: 'a b'}}]}]},"
      " {name: regex, matches: [{query: [{name: q, value: {regex: 'c/[0-9]'}}]}]}]");
  EXPECT_EQ(match(one, {.query = "q=a%20b"}), "exact");
  EXPECT_EQ(match(one, {.query = "q=a+b"}), "exact");
  EXPECT_EQ(match(one, {.query = "q=c%2F5"}), "regex");
  EXPECT_EQ(match(one, {.query = "q=c/5"}), "regex");
  EXPECT_EQ(match(one, {.query = "q=c/55"}), "none");
}

TEST(RouteTable, TheHostNameOfARouteGoesBeforeItsPath) {
  const RouteTable all = routes(
      "[{name: any, matches: [{path: {exact: /x}}]},"
      " {name: wide, hostnames: ['*.example.com']},"
      " {name: long, hostnames: ['*.b.example.com']},"
      " {name: exact, hostnames: [a.b.example.com, other.org]}]");
  EXPECT_EQ(match(all, {.path = "/x", .host = "A.b.example.com:80"}), "exact");
  EXPECT_EQ(match(all, {.path = "/x", .host = "other.org."}), "exact");
  EXPECT_EQ(match(all, {.path = "/x", .host = "z.b.example.com"}), "long");
  EXPECT_EQ(match(all, {.path = "/x", .host = "z.example.com"}), "wide");
  EXPECT_EQ(match(all, {.path = "/x", .host = "example.com"}), "any");
  EXPECT_EQ(match(all, {.path = "/y", .host = "example.com"}), "none");
}

TEST(RouteTable, SelectsTheListenerOfThePortByHost) {
  const RouteTable all = table(
      "binds: [{port: 80, listeners: [{name: any}, {name: wide, hostname: '*.example.com'},"
      "                               {name: long, hostname: '*.b.example.com'},"
      "                               {name: exact, hostname: a.b.example.com}]},"
      "        {port: 81, listeners: [{name: other, hostname: x.org}]}]");
  const auto name = [&](std::uint16_t port, std::string_view host) -> std::string {
    const std::optional<std::size_t> index = all.select_listener(port, host);
    return index ? all.listeners()[*index].config->name : "none";
  };
  EXPECT_EQ(name(80, "a.B.example.com:80"), "exact");
  EXPECT_EQ(name(80, "c.b.example.com"), "long");
  EXPECT_EQ(name(80, "c.example.com"), "wide");
  EXPECT_EQ(name(80, "x.org"), "any");
  EXPECT_EQ(name(80, ""), "any");
  EXPECT_EQ(name(81, "x.org"), "other");
  EXPECT_EQ(name(81, "y.org"), "none");
  EXPECT_EQ(name(82, "x.org"), "none");
}

TEST(RouteTable, EachListenerHasItsOwnRoutes) {
  const RouteTable all = table(
      "binds: [{port: 80, listeners: [{routes: [{name: a}]}]},"
      "        {port: 81, listeners: [{}, {hostname: x.org, routes: [{name: b}, {name: c}]}]}]");
  EXPECT_EQ(match(all, {}, 0), "a");
  EXPECT_EQ(match(all, {}, 1), "none");
  EXPECT_EQ(match(all, {}, 2), "b");
  EXPECT_EQ(match(all, {}, 3), "none");
  ASSERT_EQ(all.routes().size(), 3u);
  EXPECT_EQ(all.routes()[2].index, 2u);
  EXPECT_EQ(all.routes()[2].listener, 2u);
  EXPECT_EQ(all.routes()[2].name(), "c");
  EXPECT_EQ(all.listeners()[2].port, 81);
  EXPECT_EQ(all.listeners()[2].bind, &all.config().binds[1]);
}

TEST(RouteTable, KeepsItsConfigurationWhenItIsMoved) {
  RouteTable first = routes("[{name: a}]");
  const RouteTable second = std::move(first);
  EXPECT_EQ(match(second, {}), "a");
}

}  // namespace
}  // namespace headgate::route
