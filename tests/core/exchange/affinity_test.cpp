// Requests that have a value in common go to the same provider: where the value is found, and what
// happens when that provider fails.

#include <functional>
#include <map>
#include <set>

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

class Affinity : public ExchangeTest {
 protected:
  Affinity() { answer_all(); }

  void answer_all() {
    for (FakeUpstream* upstream : {a.get(), b.get()}) {
      upstream->forget();
      upstream->says(answer(200, "application/json", kWhole));
    }
  }
  void load_with(const std::string& affinity, const std::string& policies = "{}") {
    load(R"(
binds:
- port: 3000
  listeners:
  - routes:
    - policies: )" +
         policies + R"(
      backends:
      - ai:
          groups:
          - selection: {affinity: {)" +
         affinity + R"(}}
            providers:
            - {name: one, provider: {openAI: {}}, hostOverride: "127.0.0.1:$A"}
            - {name: two, provider: {openAI: {}}, hostOverride: "127.0.0.1:$B"}
)");
  }
  std::string provider_of(const std::string& request) {
    const Got got = ask_for(request);
    EXPECT_EQ(got.status, 200) << got.body;
    return got.header("x-headgate-provider");
  }
  FakeUpstream& upstream_of(const std::string& provider) { return provider == "one" ? *a : *b; }

  // Each value has a provider of its own, and both have some. Returns who has which.
  std::map<std::string, std::string> expect_kept_together(
      const std::function<std::string(const std::string&)>& request) {
    std::map<std::string, std::string> providers;
    std::set<std::string> used;
    for (int i = 0; i < 12; ++i) {
      const std::string value = "value-" + std::to_string(i);
      providers[value] = provider_of(request(value));
      used.insert(providers[value]);
      for (int again = 0; again < 3; ++again)
        EXPECT_EQ(provider_of(request(value)), providers[value]) << value;
    }
    EXPECT_EQ(used.size(), 2u);
    return providers;
  }
};

std::string with_header(const std::string& value) {
  return post(kChatBody, "x-session: " + value + "\r\n");
}

std::string with_body(const std::string& members) {
  return post(R"({"model":"m",)" + members + R"(,"messages":[{"role":"user","content":"hi"}]})");
}

TEST_F(Affinity, IsByAHeader) {
  load_with("header: X-Session");
  const auto before = expect_kept_together(with_header);
  load_with("header: X-Session, maxLoad: 2");
  EXPECT_EQ(expect_kept_together(with_header), before) << "a reload moves nobody";
}

TEST_F(Affinity, IsByTheValueWhereverItStands) {
  load_with("header: x-session");
  const auto by_header = expect_kept_together(with_header);

  load_with("query: s");
  const auto with_query = [](const std::string& value) {
    std::string request = post(kChatBody);
    return request.replace(request.find(" HTTP"), 0,
                           "?a=1&s=" + value.substr(0, 5) + "%2D" + value.substr(6) + "&b=2");
  };
  EXPECT_EQ(expect_kept_together(with_query), by_header);

  load_with("cookie: s");
  const auto with_cookie = [](const std::string& value) {
    return post(kChatBody, "cookie: a=1; xs=0; s2=0;s=" + value + "; b=2\r\n");
  };
  EXPECT_EQ(expect_kept_together(with_cookie), by_header);

  load_with("body: user");
  const auto with_member = [](const std::string& value) {
    return with_body(R"("user":")" + value + '"');
  };
  EXPECT_EQ(expect_kept_together(with_member), by_header);
  const auto escaped = [](const std::string& value) {
    return with_body(R"("user":"\u0076)" + value.substr(1) + '"');
  };
  EXPECT_EQ(expect_kept_together(escaped), by_header);

  load_with("body: /metadata/ids/1");
  const auto with_nested = [](const std::string& value) {
    return with_body(R"("metadata":{"ids":[null,")" + value + R"("]})");
  };
  EXPECT_EQ(expect_kept_together(with_nested), by_header);
}

TEST_F(Affinity, IsByWhatAPolicyFoundOut) {
  std::string keys;
  for (int i = 0; i < 12; ++i) {
    const std::string value = "value-" + std::to_string(i);
    keys += "{key: key-of-" + value + ", metadata: {user: " + value + "}}, ";
  }
  load_with("attribute: auth.subject", "{apiKey: {keys: [" + keys + "]}}");
  const auto with_key = [](const std::string& value) {
    return post(kChatBody, "authorization: Bearer key-of-" + value + "\r\n");
  };
  const auto by_attribute = expect_kept_together(with_key);
  load_with("header: x-session");
  EXPECT_EQ(expect_kept_together(with_header), by_attribute);
}

TEST_F(Affinity, IsByTheFirstValueThatIsThere) {
  load_with("header: x-session");
  const auto by_header = expect_kept_together(with_header);
  load_with("firstOf: [{body: prompt_cache_key}, {body: user}, {header: x-session}]");
  for (const auto& [value, provider] : by_header) {
    const std::string quoted = '"' + value + '"';
    EXPECT_EQ(provider_of(with_body(R"("user":"u","prompt_cache_key":)" + quoted)), provider);
    EXPECT_EQ(provider_of(with_body(R"("prompt_cache_key":null,"user":)" + quoted)), provider);
    EXPECT_EQ(provider_of(with_body(R"("prompt_cache_key":{},"user":)" + quoted)), provider);
    EXPECT_EQ(provider_of(with_body(R"("prompt_cache_key":"","user":)" + quoted)), provider);
    EXPECT_EQ(provider_of(with_header(value)), provider);
  }
}

TEST_F(Affinity, WithoutTheValueProvidersShare) {
  load_with(
      "firstOf: [{header: x-session}, {query: s}, {cookie: s}, {body: user}, {body: /a/b}, "
      "{attribute: none}]");
  std::map<std::string, int> served;
  for (int i = 0; i < 60; ++i) ++served[provider_of(with_body(R"("user":["x"])"))];
  EXPECT_GE(served["one"], 10);
  EXPECT_GE(served["two"], 10);
}

TEST_F(Affinity, ALongValueCountsByItsBeginning) {
  load_with("body: user");
  const std::string prompt(5'000, 'p');
  const std::string home = provider_of(with_body(R"("user":")" + prompt + "\""));
  for (int i = 0; i < 12; ++i) {
    const std::string more = prompt + "\\n" + std::to_string(i);
    EXPECT_EQ(provider_of(with_body(R"("user":")" + more + "\"")), home);
  }
}

TEST_F(Affinity, AnotherOneServesWhileTheFirstFails) {
  load_with("header: x-session", "{retry: {backoff: 1ms}, health: {eviction: {duration: 5s}}}");
  const std::string home = provider_of(with_header("alice"));
  const std::string other = home == "one" ? "two" : "one";
  upstream_of(home).forget();
  upstream_of(home).says(answer(503, "application/json", "{}"));
  const std::size_t before = upstream_of(home).requests().size();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(provider_of(with_header("alice")), other);
  EXPECT_EQ(upstream_of(home).requests().size() - before, 3u) << "until it was evicted";
  answer_all();
  advance(std::chrono::seconds(6));
  settle();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(provider_of(with_header("alice")), home);
}

TEST_F(Affinity, TheValueIsNotLogged) {
  load_with("header: x-session");
  provider_of(with_header("very-private"));
  settle();
  const std::vector<std::string> lines = records();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].find("very-private"), std::string::npos);
}

}  // namespace
}  // namespace headgate::exchange
