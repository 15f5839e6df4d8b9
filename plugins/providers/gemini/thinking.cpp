#include "thinking.hpp"

#include <string>

namespace headgate_gemini {
namespace {

using hg::JsonView;
using hg::llm::Dropped;
using hg::llm::JsonWriter;

// From 3 on there are levels, before there were budgets of tokens, and before that no thinking.
bool has_levels(const Family& family) {
  return family.generation >= 3;
}
bool cannot_think(const Family& family) {
  return family.generation == 1 || (family.generation == 2 && family.minor < 5);
}

struct Effort {
  std::string_view level;
  std::string_view budget;  // JSON number
  bool thoughts = true;     // whether the client is shown a summary of them
};

// Pro models cannot be kept from thinking, nor can any of generation 3: they get the least there
// is.
std::optional<Effort> effort_of(const JsonView& word, const Family& family) {
  const std::string_view least = family.pro ? "low" : "minimal";
  if (word.equals("none")) return Effort{least, family.pro ? "128" : "0", false};
  if (word.equals("minimal")) return Effort{least, "1024"};
  if (word.equals("low")) return Effort{"low", "1024"};
  if (word.equals("medium")) {
    const bool first_pro = family.pro && family.generation == 3 && family.minor == 0;
    return Effort{first_pro ? "high" : "medium", "8192"};
  }
  if (word.equals("high") || word.equals("xhigh")) return Effort{"high", "24576"};
  return std::nullopt;
}

struct Config {
  JsonView level;
  JsonView budget;
  JsonView thoughts;
};

Config read_config(const JsonView& json, Dropped& dropped) {
  Config config;
  json.each_member([&](std::string_view name, JsonView value) {
    if (value.is_null()) return;
    if (name == "thinking_level") {
      config.level = value;
    } else if (name == "thinking_budget") {
      config.budget = value;
    } else if (name == "include_thoughts") {
      config.thoughts = value;
    } else {
      dropped.add("extra_body.google.thinking_config", name);
    }
  });
  return config;
}

}  // namespace

std::optional<Refusal> write_thinking(const hg::JsonMembers& chat, const Family& family,
                                      JsonWriter& config, Dropped& dropped) {
  const Config own = read_config(chat["extra_body"]["google"]["thinking_config"], dropped);
  const JsonView word = chat["reasoning_effort"];
  const bool has_word = word.exists() && !word.is_null();
  std::optional<Effort> effort;
  if (has_word) {
    effort = effort_of(word, family);
    if (!effort) return Refusal{"reasoning_effort", "is not one that Gemini knows"};
    if (own.level.exists() || own.budget.exists()) {
      return Refusal{"reasoning_effort", "cannot stand beside a thinking_config of its own"};
    }
    if (cannot_think(family)) {
      dropped.add("reasoning_effort");
      effort.reset();
    }
  }
  if (!effort && !own.level.exists() && !own.budget.exists() && !own.thoughts.exists()) {
    return std::nullopt;
  }
  config.key("thinkingConfig").open('{');
  if (own.level.exists()) config.key("thinkingLevel").raw(own.level.raw());
  if (own.budget.exists()) config.key("thinkingBudget").raw(own.budget.raw());
  if (effort && has_levels(family)) config.key("thinkingLevel").quoted(effort->level);
  if (effort && !has_levels(family)) config.key("thinkingBudget").raw(effort->budget);
  if (own.thoughts.exists()) {
    config.key("includeThoughts").raw(own.thoughts.raw());
  } else if (effort) {
    config.key("includeThoughts").boolean(effort->thoughts);
  }
  config.close('}');
  return std::nullopt;
}

bool may_think(const hg::JsonMembers& chat, const Family& family) {
  if (cannot_think(family)) return false;
  if (family.generation == 0 || has_levels(family) || family.pro) return true;
  const JsonView budget = chat["extra_body"]["google"]["thinking_config"]["thinking_budget"];
  return budget.raw() != "0" && !chat["reasoning_effort"].equals("none");
}

}  // namespace headgate_gemini
