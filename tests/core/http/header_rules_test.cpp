#include "core/http/header_rules.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/http/head_parser.hpp"
#include "core/http/header_map.hpp"

namespace headgate::http {
namespace {

TEST(HeaderRules, ComparesWithoutTheCaseOfLettersOnly) {
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_TRUE(equals_ignoring_case("Content-Type-Long", "cONTENT-tYPE-lONG"));
  EXPECT_FALSE(equals_ignoring_case("content-type", "content-typ"));
  // These differ by the bit that tells the cases of a letter apart, at every position.
  for (std::size_t at = 0; at < 20; ++at) {
    std::string a(20, 'x');
    std::string b(20, 'X');
    EXPECT_TRUE(equals_ignoring_case(a, b));
    a[at] = '^';
    b[at] = '~';
    EXPECT_FALSE(equals_ignoring_case(a, b)) << at;
    a[at] = 'a';
    b[at] = 'B';
    EXPECT_FALSE(equals_ignoring_case(a, b)) << at;
  }
}

TEST(HeaderRules, KnowsEveryTokenCharacter) {
  const std::string_view marks = "!#$%&'*+-.^_`|~";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool expected = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || marks.find(c) != std::string_view::npos;
    EXPECT_EQ(is_token(std::string(1, c)), expected) << byte;
  }
  EXPECT_FALSE(is_token(""));
}

TEST(HeaderRules, RefusesControlBytesAtEveryPlaceOfAValue) {
  for (const std::size_t size : {1u, 7u, 8u, 15u, 16u, 17u, 20u, 32u, 33u, 50u}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string value(size, 'v');
        value[at] = static_cast<char>(byte);
        const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
        EXPECT_EQ(is_field_value(value), !control) << byte << " at " << at << " of " << size;
      }
    }
  }
}

TEST(HeaderRules, SplitsLists) {
  const auto elements = [](std::string_view list) {
    std::vector<std::string> found;
    for_each_list_element(list, [&](std::string_view element) {
      found.emplace_back(element);
      return element != "stop";
    });
    return found;
  };
  EXPECT_EQ(elements(" a b ,, \t,c"), (std::vector<std::string>{"a b", "c"}));
  EXPECT_EQ(elements("a,stop,b"), (std::vector<std::string>{"a", "stop"}));
  EXPECT_EQ(elements(""), std::vector<std::string>());
}

TEST(HopByHop, EndsTheStandardOnesHere) {
  for (const std::string_view name :
       {"Connection", "keep-alive", "Proxy-Connection", "PROXY-AUTHENTICATE", "Proxy-Authorization",
        "te", "Trailer", "Transfer-Encoding", "upgrade"})
    EXPECT_TRUE(is_hop_by_hop(name)) << name;
  for (const std::string_view name :
       {"", "content-type", "traceparent", "user-agent", "key", "host"})
    EXPECT_FALSE(is_hop_by_hop(name)) << name;
}

// Views into bytes that the next call replaces.
RequestHead parsed(std::string_view lines) {
  static std::string bytes;
  bytes = "GET / HTTP/1.1\r\n" + std::string(lines) + "Host: a\r\n\r\n";
  RequestHead head;
  EXPECT_EQ(parse_request_head(bytes, HeadLimits(), head).status, ParseStatus::done);
  return head;
}

TEST(HopByHop, EndsOnlyTheStandardOnesWhereConnectionNamesNoOthers) {
  const RequestHead head =
      parsed("Connection: Close, keep-alive ,,UPGRADE\r\nProxy-Connection: x\r\n");
  const HopByHop rules(head);
  EXPECT_TRUE(rules.ends_here("upgrade"));
  EXPECT_FALSE(rules.ends_here("close"));
  EXPECT_FALSE(rules.ends_here("x"));
}

TEST(HopByHop, EndsWhatConnectionNames) {
  const RequestHead head = parsed(
      "Connection: close, X-First\r\n"
      "connection: keep-alive, x-second, Content-Length, host\r\n"
      "connection: keep-alive\r\n");
  const HopByHop rules(head);
  EXPECT_TRUE(rules.ends_here("x-first"));
  EXPECT_TRUE(rules.ends_here("X-Second"));
  EXPECT_TRUE(rules.ends_here("te"));
  EXPECT_FALSE(rules.ends_here("x-third"));
  EXPECT_FALSE(rules.ends_here("content-length"));
  EXPECT_FALSE(rules.ends_here("Host"));
}

std::string text_of(const HeaderMap& map) {
  std::string text;
  for (const Header& header : map)
    text += std::string(header.name) + "=" + std::string(header.value) + ";";
  return text;
}

TEST(HeaderMap, TakesTheEndToEndHeadersOfAMessage) {
  const RequestHead received = parsed(
      "Connection: x-hop\r\n"
      "X-Hop: b\r\n"
      "Te: trailers\r\n"
      "Content-Length: 5\r\n"
      "X-End: c\r\n");
  Arena arena;
  HeaderMap map(arena);
  EXPECT_TRUE(map.add_end_to_end(received));
  EXPECT_EQ(text_of(map), "X-End=c;Host=a;");
  EXPECT_EQ(map[0].value.data(), received.headers[4].value.data());  // not copied
}

TEST(HeaderMap, EditsWithoutRegardToCaseAndKeepsOrder) {
  Arena arena;
  HeaderMap map(arena);
  std::string value = "1";
  EXPECT_TRUE(map.add("A", value));
  EXPECT_TRUE(map.add("B", "2"));
  EXPECT_TRUE(map.add("a", "3"));
  EXPECT_TRUE(map.add("C", "4"));
  value = "changed";
  EXPECT_EQ(map.get("a"), "1");
  EXPECT_TRUE(map.set("a", "5"));
  EXPECT_EQ(text_of(map), "A=5;B=2;C=4;");
  EXPECT_TRUE(map.set("D", "6"));
  EXPECT_EQ(map.remove("b"), 1u);
  EXPECT_EQ(map.remove("b"), 0u);
  EXPECT_EQ(text_of(map), "A=5;C=4;D=6;");
  EXPECT_FALSE(map.contains("b"));
}

TEST(HeaderMap, RefusesWhatCouldNotBeWritten) {
  Arena arena;
  HeaderMap map(arena);
  EXPECT_FALSE(map.add("a b", "c"));
  EXPECT_FALSE(map.add("", "c"));
  EXPECT_FALSE(map.add("a", "b\r\nc: d"));
  EXPECT_TRUE(map.add("a", "b"));
  EXPECT_FALSE(map.set("a", "b\n"));
  EXPECT_EQ(text_of(map), "a=b;");
}

TEST(HeaderMap, SetsKnownNamesAsOthers) {
  Arena arena;
  HeaderMap map(arena);
  std::string value = "1";
  EXPECT_TRUE(map.set_known("x-known", value));
  value = "changed";
  EXPECT_TRUE(map.add("other", "2"));
  EXPECT_TRUE(map.add("X-Known", "3"));
  EXPECT_EQ(text_of(map), "x-known=1;other=2;X-Known=3;");
  EXPECT_FALSE(map.set_known("x-known", "a\r\nb: c"));
  EXPECT_TRUE(map.set_known("X-KNOWN", "4"));
  EXPECT_EQ(text_of(map), "x-known=4;other=2;");
  while (map.size() < HeaderMap::kHeadersMax) map.add("a", "b");
  EXPECT_FALSE(map.set_known("x-new", "c"));
}

TEST(HeaderMap, IsBounded) {
  Arena arena;
  HeaderMap map(arena);
  for (std::size_t i = 0; i < HeaderMap::kHeadersMax; ++i) EXPECT_TRUE(map.add("a", "b"));
  EXPECT_FALSE(map.add("a", "b"));
  EXPECT_FALSE(map.set("c", "d"));
  EXPECT_TRUE(map.set("a", "c"));
  EXPECT_EQ(map.size(), 1u);
}

}  // namespace
}  // namespace headgate::http
