#include "core/exchange/body_tail.hpp"

#include <gtest/gtest.h>

#include <string>

namespace headgate::exchange {
namespace {

// Text whose every part tells where it is from.
std::string numbered(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += std::to_string(i) + " ";
  text.resize(bytes);
  return text;
}

TEST(BodyTail, IsAllOfAShortBody) {
  BodyTail tail;
  EXPECT_EQ(tail.view(), "");
  tail.add("");
  tail.add("ab");
  tail.add("c");
  EXPECT_EQ(tail.view(), "abc");
}

TEST(BodyTail, IsTheEndOfALongBodyHoweverItComes) {
  const std::string body = numbered(5 * BodyTail::kBytesMax + 77);
  const std::string expected = body.substr(body.size() - BodyTail::kBytesMax);
  for (const std::size_t size : {std::size_t{1000}, std::size_t{4096}, BodyTail::kBytesMax - 1,
                                 BodyTail::kBytesMax, BodyTail::kBytesMax + 1, body.size()}) {
    BodyTail tail;
    for (std::size_t at = 0; at < body.size(); at += size) tail.add(body.substr(at, size));
    EXPECT_EQ(tail.view(), expected) << "pieces of " << size;
  }
}

}  // namespace
}  // namespace headgate::exchange
