#include "core/plugin/dialect_table.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/core/plugin/dialects.hpp"

namespace headgate::plugin {
namespace {

// Two dialects that share a path, as two real API formats do.
class DialectTableTest : public ::testing::Test {
 protected:
  // "dialect operation prefix model", with "-" for nothing.
  std::string find(std::string_view method, std::string_view path) const {
    const DialectMatch match = table.find(method, path, [this](std::string_view name) {
      return headers.contains(std::string(name));
    });
    if (!match) return match.dialect != nullptr ? match.dialect->id() + " other method" : "nothing";
    return match.dialect->id() + " " + match.route->operation + " " +
           std::to_string(match.prefix_length) + " " +
           (match.model.empty() ? "-" : std::string(match.model));
  }

  const Plugin a = dialect_plugin("a", R"(
      {"method":"POST","path":"/v1/chat/completions","operation":"chat"},
      {"method":"POST","path":"/v1/completions","operation":"completions"},
      {"method":"GET","path":"/v1/models","operation":"models"},
      {"method":"GET","path":"/v1/models/{model}","operation":"model"},
      {"method":"GET","path":"/v1/models/default","operation":"default"},
      {"method":"POST","path":"/v1/models","operation":"make"})");
  const Plugin b = dialect_plugin("b", R"(
      {"method":"GET","path":"/v1/models","operation":"models","header":"b-version"},
      {"method":"POST","path":"/v1beta/models/{model}:generate","operation":"generate"},
      {"method":"POST","path":"/v1beta/models/{model}:count","operation":"count"},
      {"method":"POST","path":"/v2/{model}/answer","operation":"answer"})");
  const DialectTable table{{dialect_instance(a), dialect_instance(b)}};
  std::set<std::string> headers;
};

TEST_F(DialectTableTest, FindsARouteByMethodAndPath) {
  EXPECT_EQ(find("POST", "/v1/chat/completions"), "a chat 0 -");
  EXPECT_EQ(find("POST", "/v1/completions"), "a completions 0 -");
  EXPECT_EQ(find("GET", "/v1/models"), "a models 0 -");
  EXPECT_EQ(find("POST", "/v1/models"), "a make 0 -");
}

TEST_F(DialectTableTest, NumbersItsRoutesInTheOrderOfDialectsAndRoutes) {
  const auto number = [this](std::string_view method, std::string_view path) {
    return table.find(method, path, [](std::string_view) { return false; }).route_number;
  };
  EXPECT_EQ(number("POST", "/v1/chat/completions"), 0u);
  EXPECT_EQ(number("GET", "/v1/models/default"), 4u);
  EXPECT_EQ(number("POST", "/v1/models"), 5u);
  EXPECT_EQ(number("POST", "/v1beta/models/m:generate"), 7u);
  EXPECT_EQ(number("POST", "/v2/m/answer"), 9u);
}

TEST_F(DialectTableTest, LetsTheEndOfThePathDecide) {
  EXPECT_EQ(find("POST", "/team/x/v1/chat/completions"), "a chat 7 -");
  EXPECT_EQ(find("POST", "/v1/chat/completions/v1/completions"), "a completions 20 -");
  EXPECT_EQ(find("POST", "/p/v1beta/models/m:generate"), "b generate 2 m");
}

TEST_F(DialectTableTest, MatchesWholeSegmentsOnly) {
  EXPECT_EQ(find("POST", "/xv1/completions"), "nothing");
  EXPECT_EQ(find("POST", "/v1/completions/"), "nothing");
  EXPECT_EQ(find("POST", "/v1/completions2"), "nothing");
  EXPECT_EQ(find("POST", "/completions"), "nothing");
  EXPECT_EQ(find("POST", "v1/completions"), "nothing");
  EXPECT_EQ(find("POST", ""), "nothing");
  EXPECT_EQ(find("POST", "/"), "nothing");
  EXPECT_EQ(find("POST", "*"), "nothing");
}

TEST_F(DialectTableTest, ReadsTheModelFromThePath) {
  EXPECT_EQ(find("GET", "/v1/models/m-1.5"), "a model 0 m-1.5");
  EXPECT_EQ(find("POST", "/v1beta/models/m-1.5:count"), "b count 0 m-1.5");
  EXPECT_EQ(find("POST", "/v1beta/models/ft:m:x:count"), "b count 0 ft:m:x");
  EXPECT_EQ(find("POST", "/v2/m-1.5/answer"), "b answer 0 m-1.5");
  EXPECT_EQ(find("POST", "/v1beta/models/:count"), "nothing");
  EXPECT_EQ(find("GET", "/v1/models/"), "nothing");
  EXPECT_EQ(find("POST", "/v1beta/models/m:other"), "nothing");
  EXPECT_EQ(find("POST", "/v2//answer"), "nothing");
}

TEST_F(DialectTableTest, PrefersALiteralToAPlaceholder) {
  EXPECT_EQ(find("GET", "/v1/models/default"), "a default 0 -");
}

TEST_F(DialectTableTest, TellsTwoDialectsApartByAHeader) {
  EXPECT_EQ(find("GET", "/v1/models"), "a models 0 -");
  headers.insert("b-version");
  EXPECT_EQ(find("GET", "/v1/models"), "b models 0 -");
}

TEST_F(DialectTableTest, KnowsTheDialectOfAPathWhoseMethodIsWrong) {
  EXPECT_EQ(find("GET", "/v1/chat/completions"), "a other method");
  EXPECT_EQ(find("GET", "/v1beta/models/m:count"), "b other method");
}

TEST_F(DialectTableTest, FindsNothingWhenEmpty) {
  const DialectTable empty;
  EXPECT_FALSE(empty.find("GET", "/v1/models", [](std::string_view) { return true; }));
}

TEST_F(DialectTableTest, PrefersTheLongerRouteAndThenTheEarlierDialect) {
  const Plugin c = dialect_plugin("c", R"({"method":"GET","path":"/list","operation":"short"},
                                  {"method":"GET","path":"/v1/{model}/list","operation":"wide"},
                                  {"method":"GET","path":"/x/{model}/c/d","operation":"more segments"},
                                  {"method":"GET","path":"/literal/c/d","operation":"more bytes"})");
  const Plugin d = dialect_plugin("d", R"({"method":"GET","path":"/list","operation":"later"},
                                  {"method":"GET","path":"/v1/all/list","operation":"exact"})");
  const DialectTable both{{dialect_instance(c), dialect_instance(d)}};
  const auto operation = [&](std::string_view path) {
    const DialectMatch match = both.find("GET", path, [](std::string_view) { return false; });
    return match ? match.route->operation : "nothing";
  };
  EXPECT_EQ(operation("/list"), "short");
  EXPECT_EQ(operation("/v1/some/list"), "wide");
  EXPECT_EQ(operation("/v1/all/list"), "exact");
  EXPECT_EQ(operation("/literal/c/d"), "more bytes");
  EXPECT_EQ(operation("/x/literal/c/d"), "more segments");
}

}  // namespace
}  // namespace headgate::plugin
