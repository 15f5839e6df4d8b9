#include "core/net/connect_to.hpp"

#include <gtest/gtest.h>

namespace headgate::net {
namespace {

using Place = std::pair<std::string, std::uint16_t>;

Place applied(std::string_view rule, std::string_view host, std::uint16_t port) {
  return apply_connect_to({*parse_connect_to(rule)}, host, port);
}

TEST(ConnectTo, SendsOnePlaceToAnother) {
  EXPECT_EQ(applied("a.example:443:127.0.0.1:8443", "a.example", 443), Place("127.0.0.1", 8443));
  EXPECT_EQ(applied("a.example:443:127.0.0.1:8443", "A.Example", 443), Place("127.0.0.1", 8443));
  EXPECT_EQ(applied("a.example:443:127.0.0.1:8443", "a.example", 80), Place("a.example", 80));
  EXPECT_EQ(applied("a.example:443:127.0.0.1:8443", "b.example", 443), Place("b.example", 443));
}

TEST(ConnectTo, EmptyPartsMeanAnyAndTheSame) {
  EXPECT_EQ(applied("::127.0.0.1:1", "x", 2), Place("127.0.0.1", 1));
  EXPECT_EQ(applied("a:::1", "a", 2), Place("a", 1));
  EXPECT_EQ(applied(":2:b:", "a", 2), Place("b", 2));
}

TEST(ConnectTo, TakesIpv6InBrackets) {
  EXPECT_EQ(applied("[::1]:80:[2001:db8::2]:81", "::1", 80), Place("2001:db8::2", 81));
}

TEST(ConnectTo, UsesTheFirstRuleThatMatches) {
  const std::vector<ConnectToRule> rules = {*parse_connect_to("a:1:b:2"),
                                            *parse_connect_to("a::c:3")};
  EXPECT_EQ(apply_connect_to(rules, "a", 1), Place("b", 2));
  EXPECT_EQ(apply_connect_to(rules, "a", 9), Place("c", 3));
  EXPECT_EQ(apply_connect_to({}, "a", 9), Place("a", 9));
}

TEST(ConnectTo, RefusesWhatItCannotRead) {
  for (const char* text : {"", "a", "a:1:b", "a:1:b:2:c", "a:x:b:2", "a:1:b:70000", "a:0:b:2",
                           "a:-1:b:2", "[::1:80:b:2", "a:1:b:2x"}) {
    const auto rule = parse_connect_to(text);
    ASSERT_FALSE(rule.ok()) << text;
    EXPECT_EQ(rule.error().code, "bad_connect_to");
  }
}

}  // namespace
}  // namespace headgate::net
