// `selection:`: what a right one becomes, where it may stand, and the words for a wrong one.

#include "core/config/selection_config.hpp"

#include <gtest/gtest.h>

#include "tests/core/config/config_fixture.hpp"

namespace headgate::config {
namespace {

// Two groups; `ai` is put on the ai, `first` on the first group, in braces.
std::string file_with(const std::string& ai, const std::string& first) {
  return "binds:\n"
         "- port: 3000\n"
         "  listeners:\n"
         "  - routes:\n"
         "    - backends:\n"
         "      - ai:\n"
         "          selection: {" +
         ai + "}\n" +
         "          groups:\n"
         "          - selection: {" +
         first + "}\n" +
         "            providers: [{name: a, provider: {openAI: {}}}]\n"
         "          - providers: [{name: b, provider: {openAI: {}}}]\n";
}

AiConfig ai_of(const std::string& text) {
  const World world;
  const LoadedConfig loaded = load_config(text, "f", test_plugins(), world.environment());
  EXPECT_EQ(to_string(loaded.faults), "");
  return *loaded.config->binds.at(0).listeners.at(0).routes.at(0).backends.at(0).ai;
}

AffinityConfig affinity_of(const std::string& inside) {
  return ai_of(file_with("affinity: {" + inside + "}", "")).selection.affinity.value();
}

TEST(SelectionConfig, StandsOnAGroupAndForAllThatHaveNone) {
  const AiConfig ai = ai_of(file_with("slowStart: 3s", "outOfTurnAfter: 1s"));
  EXPECT_EQ(ai.selection.slow_start, std::chrono::seconds(3));
  ASSERT_TRUE(ai.groups.at(0).selection);
  EXPECT_EQ(ai.groups[0].selection->out_of_turn_after, std::chrono::seconds(1));
  EXPECT_EQ(ai.groups[0].selection->slow_start, SelectionConfig().slow_start) << "replaced whole";
  EXPECT_FALSE(ai.groups.at(1).selection);
}

TEST(SelectionConfig, NeedsNoTouching) {
  const AiConfig ai = ai_of(file_with("", ""));
  EXPECT_EQ(ai.selection.slow_start, std::chrono::seconds(10));
  EXPECT_EQ(ai.selection.slow_start_share, 0.1);
  EXPECT_EQ(ai.selection.keep_ratio, 1);
  EXPECT_EQ(ai.selection.out_of_turn_after, std::chrono::seconds(25));
  EXPECT_FALSE(ai.selection.affinity);
}

TEST(SelectionConfig, TakesEachSetting) {
  const SelectionConfig selection =
      ai_of(file_with("slowStart: off, slowStartShare: 1, keepRatio: .5, outOfTurnAfter: 1m", ""))
          .selection;
  EXPECT_EQ(selection.slow_start.count(), 0);
  EXPECT_EQ(selection.slow_start_share, 1);
  EXPECT_EQ(selection.keep_ratio, 0.5);
  EXPECT_EQ(selection.out_of_turn_after, std::chrono::minutes(1));
}

TEST(SelectionConfig, AffinityIsByOneValue) {
  using Place = RequestValue::Place;
  const std::vector<std::pair<std::string, Place>> places{{"header", Place::header},
                                                          {"query", Place::query},
                                                          {"cookie", Place::cookie},
                                                          {"body", Place::body},
                                                          {"attribute", Place::attribute}};
  for (const auto& [key, place] : places) {
    const AffinityConfig affinity = affinity_of(key + ": name");
    ASSERT_EQ(affinity.values.size(), 1u) << key;
    EXPECT_EQ(affinity.values[0].place, place) << key;
    EXPECT_EQ(affinity.values[0].name, "name") << key;
    EXPECT_EQ(affinity.max_load, 1.25);
    EXPECT_EQ(affinity.min_requests, 8u);
  }
}

TEST(SelectionConfig, AffinityMayBeByTheFirstOfSeveralValues) {
  const AffinityConfig affinity = affinity_of(
      "firstOf: [{body: prompt_cache_key}, {body: /metadata/user_id}, {header: x-session}], "
      "maxLoad: 1, minRequests: 1");
  ASSERT_EQ(affinity.values.size(), 3u);
  EXPECT_EQ(affinity.values[1].name, "/metadata/user_id");
  EXPECT_EQ(affinity.values[2].place, RequestValue::Place::header);
  EXPECT_EQ(affinity.max_load, 1);
  EXPECT_EQ(affinity.min_requests, 1u);
}

TEST(SelectionConfig, SaysWhatIsWrongAndWhere) {
  const auto faults = [](const std::string& inside) { return faults_of(file_with("", inside)); };
  EXPECT_EQ(faults("slowStrat: 1s"),
            "config.yaml:9:25: unknown key 'slowStrat' in 'selection'; did you mean 'slowStart'?");
  EXPECT_EQ(faults("slowStart: 0s"),
            "config.yaml:9:36: 'slowStart' must be off or a duration above zero and at most 1h, "
            "such as 500ms, 10s or 1m30s, not '0s'");
  EXPECT_EQ(faults("outOfTurnAfter: 999ms"),
            "config.yaml:9:41: 'outOfTurnAfter' must be at least 1s");
  EXPECT_EQ(faults("keepRatio: 0.05"),
            "config.yaml:9:36: 'keepRatio' must be a number from 0.1 to 1, not '0.05'");
  EXPECT_EQ(faults("keepRatio: nan"),
            "config.yaml:9:36: 'keepRatio' must be a number from 0.1 to 1, not 'nan'");
  EXPECT_EQ(faults("slowStartShare: '1'"),
            "config.yaml:9:41: 'slowStartShare' must be a number from 0.01 to 1, not '1'");
  EXPECT_EQ(faults("affinity:"),
            "config.yaml:9:25: missing key in 'affinity': one of 'header', 'query', 'cookie', "
            "'body', 'attribute', 'firstOf'");
  EXPECT_EQ(faults("affinity: {header: a, body: b}"),
            "config.yaml:9:47: only one of 'header', 'body' may be in 'affinity'");
  EXPECT_EQ(faults("affinity: {firstOf: []}"),
            "config.yaml:9:45: 'firstOf' in 'affinity' must not be empty");
  EXPECT_EQ(faults("affinity: {firstOf: [{}]}"),
            "config.yaml:9:46: missing key in 'firstOf[0]': one of 'header', 'query', 'cookie', "
            "'body', 'attribute'");
  EXPECT_EQ(faults("affinity: {header: 'a b'}"),
            "config.yaml:9:44: 'header' must be the name of a header, not 'a b'");
  EXPECT_EQ(faults("affinity: {body: /a//b}"),
            "config.yaml:9:42: 'body' must be the name of a member, or a JSON pointer to one, not "
            "'/a//b'");
  EXPECT_EQ(faults("affinity: {header: a, maxLoad: 0.9, minRequests: 0}"),
            "config.yaml:9:56: 'maxLoad' must be a number from 1 to 100, not '0.9'\n"
            "config.yaml:9:74: 'minRequests' must be a number from 1 to 1000000, not '0'");
}

}  // namespace
}  // namespace headgate::config
