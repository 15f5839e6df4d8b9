// What an event says is read in one pass; here it is read again in several.

#include <gtest/gtest.h>

#include <headgate/json_view.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::JsonView;
using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::ProviderRun;

bool says_something(const JsonView& value) {
  if (value.is_null()) return false;
  if (value.is_string()) return !value.equals("");
  return !((value.is_object() || value.is_array()) && value.empty());
}

std::uint32_t flags_of_delta(const JsonView& delta) {
  std::uint32_t flags = 0;
  delta.each_member([&](std::string_view name, JsonView value) {
    if (name == "role" || !says_something(value)) return;
    flags |= HG_EVENT_MEANINGFUL;
    if (name == "tool_calls" || name == "function_call") flags |= HG_EVENT_TOOL;
  });
  return flags;
}

std::uint32_t flags_of_choice(const JsonView& choice) {
  std::uint32_t flags = 0;
  choice.each_member([&](std::string_view name, JsonView value) {
    if (name == "delta") flags |= flags_of_delta(value);
    if (name == "finish_reason" && value.is_string()) flags |= HG_EVENT_MEANINGFUL | HG_EVENT_FINAL;
  });
  return flags;
}

// What the first event of a stream of one choice says.
std::uint32_t flags_of(std::string_view text, bool& replaced) {
  if (!JsonView::valid(text)) return HG_EVENT_NOT_JSON;
  JsonView choices;
  JsonView usage;
  bool error = false;
  JsonView(text).each_member([&](std::string_view name, JsonView value) {
    if (name == "choices") choices = value;
    if (name == "usage" && value.is_object()) usage = value;
    if (name == "error" && !value.is_null()) error = true;
  });
  if (error) return HG_EVENT_ERROR;
  std::uint32_t flags = usage.exists() ? HG_EVENT_USAGE : 0;
  choices.each_element([&](JsonView choice) { flags |= flags_of_choice(choice); });
  replaced = usage.exists() && choices.empty();
  return flags == 0 ? static_cast<std::uint32_t>(HG_EVENT_LIFECYCLE) : flags;
}

// Events as vendors send them, with members of any kind where others are expected.
class Events {
 public:
  std::string any() {
    std::string event = object({"choices", "choices", "usage", "id", "error", "ch\\u006fices"}, 0);
    if (below(20) == 0) event = value(0);
    if (below(3) != 0) return event;
    const std::size_t at = below(event.size());
    if (below(2) == 0) return event.substr(0, at);
    event[at] = "\"{}[],:n1\\ "[below(11)];
    return event;
  }

 private:
  std::size_t below(std::size_t bound) { return generator_() % bound; }
  std::string space() { return below(10) == 0 ? " " : ""; }

  std::string object(const std::vector<std::string>& names, int depth) {
    std::string out = "{" + space();
    for (std::size_t i = 0, count = below(5); i < count; ++i) {
      const std::string& name = names[below(names.size())];
      out += (i > 0 ? "," : "") + space() + "\"" + name + "\":" + space() + member(name, depth + 1);
    }
    return out + space() + "}";
  }
  std::string array(int depth) {
    std::string out = "[" + space();
    for (std::size_t i = 0, count = below(3); i < count; ++i)
      out += (i > 0 ? "," : "") + choice(depth + 1) + space();
    return out + "]";
  }
  std::string choice(int depth) {
    return below(8) == 0 ? value(depth)
                         : object({"delta", "delta", "finish_reason", "index"}, depth);
  }
  std::string member(const std::string& name, int depth) {
    if (below(6) == 0) return value(depth);
    if (name == "choices" || name == "ch\\u006fices") return array(depth);
    if (name == "delta") {
      return object({"role", "content", "content", "tool_calls", "function_call", "refusal"},
                    depth);
    }
    if (name == "usage") return below(2) == 0 ? "null" : R"({"prompt_tokens":1})";
    if (name == "error") return below(4) != 0 ? "null" : R"({"message":"no"})";
    return value(depth);
  }
  std::string value(int depth) {
    static const std::vector<std::string> kValues = {"null",   "true",      "1",          "-0.5",
                                                     "\"\"",   "\"stop\"",  "[]",         "{}",
                                                     "[null]", "{\"a\":1}", "\"a\\\"b\"", "01"};
    if (depth < 4 && below(10) == 0) return array(depth);
    return kValues[below(kValues.size())];
  }

  std::mt19937 generator_{20261122};
};

TEST(OpenAiEvent, SaysInOnePassWhatItSaysInSeveral) {
  FakeHost host;
  ASSERT_TRUE(host.load(plugin_path("openai"))) << host.why();
  Instance openai(host, "headgate.provider.openai", "{}");
  Events events;
  std::vector<std::size_t> seen(64);
  for (int i = 0; i < 20000; ++i) {
    const std::string event = events.any();
    hg_call call(R"({"model":"m","messages":[],"stream":true})");
    ProviderRun run(openai, call);
    ASSERT_EQ(run.build(), HG_CONTINUE);
    bool replaced = false;
    const std::uint32_t expected = flags_of(event, replaced);
    const auto result = run.on_event(event);
    ASSERT_EQ(result.flags, expected) << event;
    ASSERT_EQ(result.action == HG_REPLACED, replaced) << event;
    for (std::size_t bit = 0; bit < 32; ++bit)
      if ((expected >> bit & 1U) != 0) ++seen[bit];
  }
  std::size_t kinds = 0;
  for (const std::size_t count : seen) kinds += count > 100 ? 1 : 0;
  EXPECT_GE(kinds, 7u) << "events of every kind";
}

TEST(OpenAiEvent, CannotBeMissedInAnAnswerThatIsToBeJson) {
  FakeHost host;
  ASSERT_TRUE(host.load(plugin_path("openai"))) << host.why();
  Instance openai(host, "headgate.provider.openai", "{}");
  const auto flags_with = [&](const std::string& format) {
    hg_call call(R"({"model":"m","messages":[],"stream":true,"response_format":)" + format + "}");
    ProviderRun run(openai, call);
    EXPECT_EQ(run.build(), HG_CONTINUE);
    return run.on_event("{").flags;
  };
  for (const std::string format : {R"({"type":"json_object"})", R"({"type":"json_schema"})"}) {
    EXPECT_EQ(flags_with(format), static_cast<std::uint32_t>(HG_EVENT_NOT_JSON | HG_EVENT_TOOL));
  }
  for (const std::string format : {R"({"type":"text"})", "{}", "null"}) {
    EXPECT_EQ(flags_with(format), static_cast<std::uint32_t>(HG_EVENT_NOT_JSON));
  }
}

}  // namespace
