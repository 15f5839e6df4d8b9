#include "core/net/resolver.hpp"

#include <optional>
#include <set>
#include <string>

#include "tests/core/net/dns_server.hpp"
#include "tests/core/net/net_test.hpp"

namespace headgate::net {
namespace {

using std::chrono::seconds;

class ResolverTest : public NetTest {
 protected:
  ResolverTest() {
    options.servers = {server.address()};
    make();
  }
  ~ResolverTest() override { loop.destroy_tasks(); }

  void make() { resolver.emplace(sweep, options); }

  Result<std::vector<Address>> resolve(const std::string& host) {
    return run(resolver->resolve(host, 443, clock.now() + seconds(10)));
  }
  // The addresses in any order, or the code of the error.
  std::set<std::string> texts(const std::string& host) {
    std::set<std::string> found;
    const auto answer = resolve(host);
    if (!answer) return {std::string(answer.error().code)};
    for (const Address& address : *answer) found.insert(address.text());
    return found;
  }

  using Set = std::set<std::string>;
  DnsServer server{loop};
  ResolverOptions options;
  std::optional<Resolver> resolver;
};

TEST_F(ResolverTest, AsksNobodyForLiteralAddressesAndLocalhost) {
  EXPECT_EQ(texts("192.0.2.1"), Set{"192.0.2.1:443"});
  EXPECT_EQ(texts("2001:db8::1"), Set{"[2001:db8::1]:443"});
  EXPECT_EQ(texts("[2001:db8::1]"), Set{"[2001:db8::1]:443"});
  EXPECT_EQ(texts("LocalHost"), (Set{"127.0.0.1:443", "[::1]:443"}));
  EXPECT_EQ(texts("app.localhost"), (Set{"127.0.0.1:443", "[::1]:443"}));
  EXPECT_EQ(server.questions, 0);
}

TEST_F(ResolverTest, FindsAllAddressesOfBothFamilies) {
  server.add("a.example", "192.0.2.1");
  server.add("a.example", "192.0.2.2");
  server.add("a.example", "2001:db8::1");
  EXPECT_EQ(texts("a.example"), (Set{"192.0.2.1:443", "192.0.2.2:443", "[2001:db8::1]:443"}));
}

TEST_F(ResolverTest, KeepsAnAnswerForItsTtl) {
  server.add("a.example", "192.0.2.1", 60);
  texts("a.example");
  const int asked = server.questions;
  clock.advance(seconds(59));
  EXPECT_EQ(texts("A.Example."), Set{"192.0.2.1:443"});
  EXPECT_EQ(server.questions, asked);
  clock.advance(seconds(1));
  server.remove("a.example");
  server.add("a.example", "192.0.2.2", 60);
  EXPECT_EQ(texts("a.example"), Set{"192.0.2.2:443"});
}

TEST_F(ResolverTest, HoldsTheTtlBetweenFloorAndCeiling) {
  server.add("short.example", "192.0.2.1", 0);
  server.add("long.example", "192.0.2.2", 1'000'000);
  texts("short.example");
  texts("long.example");
  const int asked = server.questions;
  clock.advance(milliseconds(4'999));
  texts("short.example");
  EXPECT_EQ(server.questions, asked);
  clock.advance(milliseconds(1));
  texts("short.example");
  EXPECT_GT(server.questions, asked);
  const int later = server.questions;
  clock.advance(seconds(294));
  texts("long.example");
  EXPECT_EQ(server.questions, later);
  clock.advance(seconds(1));
  texts("long.example");
  EXPECT_GT(server.questions, later);
}

TEST_F(ResolverTest, SaysThatANameDoesNotExistAndKeepsThatBriefly) {
  const auto missing = resolve("missing.example");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, "dns_failed");
  EXPECT_EQ(missing.error().retry, Retry::elsewhere);
  EXPECT_NE(missing.error().message.find("missing.example"), std::string::npos);
  const int asked = server.questions;
  texts("missing.example");
  EXPECT_EQ(server.questions, asked);
  clock.advance(seconds(1));
  server.add("missing.example", "192.0.2.1");
  EXPECT_EQ(texts("missing.example"), Set{"192.0.2.1:443"});
}

TEST_F(ResolverTest, SharesOneLookupAmongAllWhoAskMeanwhile) {
  server.add("a.example", "192.0.2.1");
  std::vector<std::optional<Result<std::vector<Address>>>> answers(5);
  std::uint16_t port = 0;
  for (auto& answer : answers) {
    spawn(loop, store(resolver->resolve("a.example", ++port, clock.now() + seconds(1)), answer));
  }
  run_until([&answers] { return answers[4].has_value(); });
  EXPECT_EQ(server.questions, 2);  // A and AAAA, once
  for (std::size_t i = 0; i < answers.size(); ++i) {
    ASSERT_TRUE(answers[i].has_value() && answers[i]->ok());
    EXPECT_EQ((**answers[i])[0].port(), i + 1);
  }
}

TEST_F(ResolverTest, GivesUpAtTheDeadlineOfEachCaller) {
  server.silent = true;
  std::optional<Result<std::vector<Address>>> soon;
  std::optional<Result<std::vector<Address>>> late;
  spawn(loop, store(resolver->resolve("a.example", 1, clock.now() + seconds(1)), soon));
  spawn(loop, store(resolver->resolve("a.example", 1, clock.now() + seconds(3)), late));
  settle();
  advance(seconds(1));
  settle();
  ASSERT_TRUE(soon.has_value());
  EXPECT_EQ(soon->error().code, "dns_timeout");
  EXPECT_EQ(soon->error().status, 504);
  EXPECT_FALSE(late.has_value());
  advance(seconds(2));
  settle();
  ASSERT_TRUE(late.has_value());
}

TEST_F(ResolverTest, BoundsTheLookupsThatGoOn) {
  options.lookups_max = 1;
  make();
  server.silent = true;
  std::optional<Result<std::vector<Address>>> first;
  spawn(loop, store(resolver->resolve("a.example", 1, clock.now() + seconds(1)), first));
  settle();
  const auto second = resolve("b.example");
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("too many"), std::string::npos);
}

TEST_F(ResolverTest, ForgetsNamesBeyondItsBound) {
  options.cached_names_max = 2;
  make();
  for (const char* name : {"a.example", "b.example", "c.example"}) {
    server.add(name, "192.0.2.1");
    texts(name);
  }
  const int asked = server.questions;
  for (const char* name : {"a.example", "b.example", "c.example"}) texts(name);
  EXPECT_GT(server.questions, asked);
}

TEST_F(ResolverTest, ClearForgetsAnswers) {
  server.add("a.example", "192.0.2.1");
  texts("a.example");
  const int asked = server.questions;
  resolver->clear();
  texts("a.example");
  EXPECT_GT(server.questions, asked);
}

TEST_F(ResolverTest, SaysWhenAServerAddressIsNone) {
  options.servers = {"not an address"};
  make();
  EXPECT_EQ(texts("a.example"), Set{"dns_failed"});
}

TEST_F(ResolverTest, MayBeDestroyedDuringALookup) {
  server.silent = true;
  std::optional<Result<std::vector<Address>>> answer;
  spawn(loop, store(resolver->resolve("a.example", 1, clock.now() + seconds(1)), answer));
  settle();
  resolver.reset();
  advance(seconds(1));
  settle();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error().code, "dns_timeout");
}

}  // namespace
}  // namespace headgate::net
