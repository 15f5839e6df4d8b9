// Paths that the configuration gives a meaning of its own (pathTypes of a policy).

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

class PathTypes : public ExchangeTest {
 protected:
  static std::string one_route(const std::string& route_policies, const std::string& backends) {
    return R"(
binds:
- port: 3000
  listeners:
  - routes:
    - policies: )" +
           route_policies + R"(
      backends:
)" + backends;
  }
  static std::string backend(const std::string& policies = "{}", const std::string& port = "$A") {
    return "      - ai: {provider: {openAI: {}}, hostOverride: \"127.0.0.1:" + port +
           "\"}\n        policies: " + policies + "\n";
  }
  Got ask_at(const std::string& path, const std::string& body = std::string(kChatBody)) {
    std::string request = post(body);
    const std::size_t at = request.find("/v1/chat/completions");
    request.replace(at, 20, path);
    a->forget();
    a->says(answer(200, "application/json", kWhole));
    return ask_for(request);
  }
};

TEST_F(PathTypes, ChangeNothingWhereNothingIsSaid) {
  load(one_route("{}", backend()));
  EXPECT_EQ(context->snapshot->plans[0].path_types, nullptr);
  EXPECT_EQ(ask_at("/v1/chat/completions").status, 200);
  EXPECT_EQ(ask_at("/my/chat").status, 404);
}

TEST_F(PathTypes, MakeAChatOfAnotherPath) {
  load(one_route("{ai: {routes: {/my/chat: completions}}}", backend()));
  EXPECT_EQ(ask_at("/my/chat").status, 200);
  EXPECT_TRUE(a->requests().at(0).starts_with("POST /v1/chat/completions "));
  EXPECT_EQ(ask_at("/v1/chat/completions").status, 200) << "where none fits, the path says it";
}

TEST_F(PathTypes, LetAChatPassUnread) {
  load(one_route("{ai: {routes: {/v1/chat/completions: passthrough}}}", backend()));
  EXPECT_EQ(ask_at("/v1/chat/completions", "not JSON").status, 200);
  EXPECT_TRUE(a->requests().at(0).ends_with("not JSON"));
  EXPECT_EQ(ask_at("/my/chat").status, 404) << "no provider declares it";
}

TEST_F(PathTypes, OfANarrowerLevelReplaceThoseOfAWiderOne) {
  load(one_route("{ai: {routes: {/wide: completions}}}",
                 backend("{ai: {routes: {/narrow: completions}}}")));
  EXPECT_EQ(ask_at("/narrow").status, 200);
  EXPECT_EQ(ask_at("/wide").status, 404);
  load(one_route("{ai: {routes: {/wide: completions}}}", backend("{ai: {}}")));
  EXPECT_EQ(ask_at("/wide").status, 404);
}

TEST_F(PathTypes, OfAllBackendsOfARouteAreTheSame) {
  const std::string one = backend("{ai: {routes: {/x: completions, /y: passthrough}}}");
  const std::string same = backend("{ai: {routes: {/y: passthrough, /x: completions}}}", "$B");
  load(one_route("{}", one + same + "      - host: \"127.0.0.1:1\"\n"));
  EXPECT_NE(context->snapshot->plans[0].path_types, nullptr);
  for (const std::string& other : {backend("{ai: {routes: {/x: completions}}}"),
                                   backend("{ai: {routes: {/x: models}}}"), backend()}) {
    EXPECT_EQ(faults_of(one_route("{}", one + other)),
              "test.yaml:10:9: backend 'backend1' has other types of paths than 'backend0', but "
              "what a path is must be known before one of them is drawn: say it at the route, or "
              "the same at both")
        << other;
  }
}

TEST_F(PathTypes, AreRefusedAtTheirPlaces) {
  EXPECT_EQ(faults_of(one_route("{ai: {routes: {/x: message, y: models}}}", backend() + backend())),
            "test.yaml:6:36: 'message' is no type of a path: completions, embeddings, models, "
            "passthrough\n"
            "test.yaml:6:48: 'y' must be the end of a path, with '/' in front and no '/' behind, "
            "or '*' for any");
}

}  // namespace
}  // namespace headgate::exchange
