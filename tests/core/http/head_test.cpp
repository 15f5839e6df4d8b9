#include "core/http/head.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace headgate::http {
namespace {

TEST(Headers, AreFoundWithoutRegardToCase) {
  Headers headers;
  headers.add("Content-Type", "a");
  headers.add("X-Long-Header-Name", "b");
  headers.add("x-long-header-NAME", "c");
  EXPECT_EQ(headers.find("content-type"), "a");
  EXPECT_EQ(headers.find("X-LONG-HEADER-NAME"), "b");
  EXPECT_EQ(headers.find("x-long-header-nam"), std::nullopt);
  EXPECT_EQ(headers.count("x-long-header-name"), 2u);
  EXPECT_TRUE(headers.contains("CONTENT-TYPE"));
  std::vector<std::string_view> values;
  headers.find_all("X-Long-Header-Name", [&](std::string_view value) { values.push_back(value); });
  EXPECT_EQ(values, (std::vector<std::string_view>{"b", "c"}));
}

TEST(Headers, KeepTheirOrderWhenTheyOutgrowTheInlineSpace) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < 3 * Headers::kInline; ++i) names.push_back(std::to_string(i));
  Headers headers;
  for (const std::string& name : names) headers.add(name, name);
  ASSERT_EQ(headers.size(), names.size());
  std::size_t at = 0;
  for (const Header& header : headers) EXPECT_EQ(header.name, names[at++]);
}

TEST(Headers, CanBeMovedInlineAndGrown) {
  for (const std::size_t count : {Headers::kInline, Headers::kInline + 1}) {
    Headers headers;
    for (std::size_t i = 0; i < count; ++i) headers.add("a", "b");
    Headers moved = std::move(headers);
    ASSERT_EQ(moved.size(), count);
    EXPECT_EQ(moved[count - 1].value, "b");
    EXPECT_TRUE(headers.empty());  // NOLINT(bugprone-use-after-move)
    headers.add("c", "d");
    EXPECT_EQ(headers.find("c"), "d");
    EXPECT_FALSE(moved.contains("c"));
  }
}

}  // namespace
}  // namespace headgate::http
