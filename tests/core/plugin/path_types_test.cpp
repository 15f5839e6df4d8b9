#include "core/plugin/path_types.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/core/plugin/dialects.hpp"

namespace headgate::plugin {
namespace {

using ::testing::ElementsAre;

// Two dialects that share a type, as two real API formats do.
class PathTypesTest : public ::testing::Test {
 protected:
  PathTypes read(const std::string& config) {
    std::vector<PluginFault> found;
    PathTypes types = PathTypes::read(config, "routes", table, found);
    faults.clear();
    for (const PluginFault& fault : found)
      faults.push_back(fault.json_pointer + " " + fault.message);
    return types;
  }
  // "dialect operation number prefix", "passes", "dialect other method" or "nothing".
  std::string find(const PathTypes& types, std::string_view method, std::string_view path) const {
    const auto match = types.find(method, path, [this](std::string_view name) {
      return headers.contains(std::string(name));
    });
    if (!match) return "nothing";
    if (match->dialect == nullptr) return "passes";
    if (!*match) return match->dialect->id() + " other method";
    return match->dialect->id() + " " + match->route->operation + " " +
           std::to_string(match->route_number) + " " + std::to_string(match->prefix_length);
  }

  const Plugin a = dialect_plugin("a", R"(
      {"method":"POST","path":"/v1/chat","operation":"chat","type":"chats"},
      {"method":"GET","path":"/v1/models","operation":"models","type":"models"},
      {"method":"GET","path":"/v1/models/{model}","operation":"model"})");
  const Plugin b = dialect_plugin("b", R"(
      {"method":"GET","path":"/v1/models","operation":"list","type":"models","header":"b-version"},
      {"method":"POST","path":"/v1/messages","operation":"chat","type":"messages",
       "header":"b-version"})");
  const DialectTable table{{dialect_instance(a), dialect_instance(b)}};
  std::set<std::string> headers;
  std::vector<std::string> faults;
};

TEST_F(PathTypesTest, SayWhatAPathIs) {
  const PathTypes types = read(R"({"other":1,"routes":{"/my/chat":"chats","/raw":"passthrough"}})");
  EXPECT_THAT(faults, ElementsAre());
  EXPECT_EQ(find(types, "POST", "/my/chat"), "a chat 0 0");
  EXPECT_EQ(find(types, "POST", "/team/my/chat"), "a chat 0 5") << "the end of the path decides";
  EXPECT_EQ(find(types, "POST", "/raw"), "passes");
  EXPECT_EQ(find(types, "POST", "/v1/chat"), "nothing") << "the dialects' own paths are not in it";
  EXPECT_EQ(find(types, "POST", ""), "nothing");
}

TEST_F(PathTypesTest, CompareWholeSegments) {
  const PathTypes types = read(R"({"routes":{"/my/chat":"chats"}})");
  EXPECT_EQ(find(types, "POST", "/amy/chat"), "nothing");
  EXPECT_EQ(find(types, "POST", "/my/chat/"), "nothing");
  EXPECT_EQ(find(types, "POST", "/my/chats"), "nothing");
  EXPECT_EQ(find(types, "POST", "my/chat"), "nothing");
}

TEST_F(PathTypesTest, TheLongestEndCountsAndTheStarLast) {
  const PathTypes types = read(
      R"({"routes":{"*":"passthrough","/chat":"messages","/my/chat":"chats","/x/my/chat":"models"}})");
  EXPECT_EQ(find(types, "POST", "/my/chat"), "a chat 0 0");
  EXPECT_EQ(find(types, "POST", "/chat"), "b chat 4 0");
  EXPECT_EQ(find(types, "POST", "/y/chat"), "b chat 4 2");
  EXPECT_EQ(find(types, "GET", "/x/my/chat"), "a models 1 0");
  EXPECT_EQ(find(types, "POST", "/x"), "passes");
  EXPECT_EQ(find(types, "POST", "*"), "passes");
}

TEST_F(PathTypesTest, AStarMayBeAType) {
  const PathTypes types = read(R"({"routes":{"*":"chats"}})");
  EXPECT_EQ(find(types, "POST", "/any/thing"), "a chat 0 10");
}

TEST_F(PathTypesTest, AnotherMethodIsNotWhatTheTypeTakes) {
  const PathTypes types = read(R"({"routes":{"/my/chat":"chats"}})");
  EXPECT_EQ(find(types, "GET", "/my/chat"), "a other method");
}

TEST_F(PathTypesTest, AHeaderDecidesBetweenDialectsOfOneType) {
  const PathTypes types = read(R"({"routes":{"/my/models":"models","/my/messages":"messages"}})");
  EXPECT_EQ(find(types, "GET", "/my/models"), "a models 1 0");
  EXPECT_EQ(find(types, "POST", "/my/messages"), "b chat 4 0") << "the type leaves no choice";
  headers = {"b-version"};
  EXPECT_EQ(find(types, "GET", "/my/models"), "b list 3 0");
}

TEST_F(PathTypesTest, RefuseWhatIsNoTypeWithAllThatThereAre) {
  read(R"({"routes":{"/my/chat":"chat","/x":"zebra"}})");
  EXPECT_THAT(faults, ElementsAre("/routes/~1my~1chat 'chat' is no type of a path: chats, models, "
                                  "messages, passthrough; did you mean 'chats'?",
                                  "/routes/~1x 'zebra' is no type of a path: chats, models, "
                                  "messages, passthrough"));
  read(R"({"routes":{"/x":""}})");
  EXPECT_EQ(faults.size(), 1u);
}

TEST_F(PathTypesTest, RefuseWhatIsNoEndOfAPath) {
  for (const std::string end :
       {"", "/", "my", "/my/", "/my*", "**", "/a?b", "/a#b", "/a b", "/{model}", "/\\u00e4"}) {
    read(R"({"routes":{")" + end + R"(":"chats"}})");
    ASSERT_EQ(faults.size(), 1u) << end;
    EXPECT_THAT(faults[0], ::testing::HasSubstr("must be the end of a path")) << end;
  }
}

TEST_F(PathTypesTest, RefuseOtherThingsThanAMapOfNames) {
  read(R"({"routes":[]})");
  EXPECT_THAT(faults, ElementsAre("/routes must be a map from ends of paths to types"));
  read(R"({"routes":{"/x":1}})");
  EXPECT_THAT(faults, ElementsAre("/routes/~1x must be the name of a type"));
  std::string many = R"({"routes":{"/0":"chats")";
  for (int i = 1; i <= 64; ++i) many += ",\"/" + std::to_string(i) + "\":\"chats\"";
  read(many + "}}");
  EXPECT_THAT(faults, ElementsAre("/routes has more than 64 entries"));
}

TEST_F(PathTypesTest, AreEmptyWhereNothingIsSaid) {
  for (const std::string config : {"{}", R"({"routes":{}})", R"({"routes":null})"}) {
    EXPECT_TRUE(read(config).empty()) << config;
    EXPECT_THAT(faults, ElementsAre());
  }
}

TEST_F(PathTypesTest, AreTheSameWhereTheSameIsSaid) {
  const PathTypes types = read(R"({"routes":{"/x":"chats","/y":"passthrough"}})");
  EXPECT_TRUE(types == read(R"({"routes":{"/y":"passthrough","/x":"chats"}})"));
  EXPECT_FALSE(types == read(R"({"routes":{"/x":"chats"}})"));
  EXPECT_FALSE(types == read(R"({"routes":{"/x":"chats","/y":"models"}})"));
  EXPECT_FALSE(types == read(R"({"routes":{"/x":"chats","/z":"passthrough"}})"));
  EXPECT_TRUE(types.passes());
  EXPECT_FALSE(read(R"({"routes":{"/x":"chats"}})").passes());
}

}  // namespace
}  // namespace headgate::plugin
