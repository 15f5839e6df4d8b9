#include "tools.hpp"

#include <string>

namespace headgate_gemini {
namespace {

using hg::JsonView;
using hg::llm::Dropped;
using hg::llm::JsonWriter;

std::optional<Refusal> write_declaration(const JsonView& tool, const std::string& place,
                                         JsonWriter& json, Dropped& dropped) {
  const JsonView function = tool["function"];
  if (!tool["type"].equals("function")) {
    return Refusal{place + ".type", "is not a kind of tool that can be sent to Gemini"};
  }
  if (!function["name"].is_string()) return Refusal{place + ".function.name", "is missing"};
  json.open('{');
  json.key("name").raw(function["name"].raw());
  if (function["description"].is_string()) {
    json.key("description").raw(function["description"].raw());
  }
  // JSON Schema as it stands: `parameters` takes only a part of it.
  if (function["parameters"].is_object()) {
    json.key("parametersJsonSchema").raw(function["parameters"].raw());
  }
  if (function["strict"].boolean().value_or(false)) dropped.add("tools.function.strict");
  json.close('}');
  return std::nullopt;
}

std::optional<Refusal> write_declarations(const JsonView& tools, JsonWriter& json,
                                          Dropped& dropped) {
  std::optional<Refusal> refusal;
  json.key("tools").open('[').open('{').key("functionDeclarations").open('[');
  std::size_t index = 0;
  tools.each_element([&](JsonView tool) {
    const std::string place = "tools[" + std::to_string(index++) + "]";
    refusal = write_declaration(tool, place, json, dropped);
    return !refusal;
  });
  json.close(']').close('}').close(']');
  return refusal;
}

struct Choice {
  std::string_view mode;
  std::string names;  // JSON strings, separated by commas; empty: all
};

// {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [...]}}
std::optional<Choice> read_allowed(const JsonView& allowed) {
  Choice choice;
  // Only with ANY and VALIDATED may names be given; VALIDATED also lets the model answer in words.
  choice.mode = allowed["mode"].equals("required") ? "ANY" : "VALIDATED";
  bool known = true;
  allowed["tools"].each_element([&](JsonView tool) {
    const JsonView name = tool["function"]["name"];
    known = known && name.is_string();
    if (!choice.names.empty()) choice.names += ',';
    choice.names += name.raw();
  });
  if (!known || choice.names.empty()) return std::nullopt;
  return choice;
}

std::optional<Choice> read_choice(const JsonView& choice) {
  if (choice.equals("auto")) return Choice{"AUTO", ""};
  if (choice.equals("none")) return Choice{"NONE", ""};
  if (choice.equals("required")) return Choice{"ANY", ""};
  if (choice["type"].equals("function") && choice["function"]["name"].is_string()) {
    return Choice{"ANY", std::string(choice["function"]["name"].raw())};
  }
  if (choice["type"].equals("allowed_tools")) return read_allowed(choice["allowed_tools"]);
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> write_tools(const hg::JsonMembers& chat, JsonWriter& body,
                                   Dropped& dropped) {
  const JsonView tools = chat["tools"];
  const JsonView wanted = chat["tool_choice"];
  const bool has_tools = tools.is_array() && !tools.empty();
  if (!has_tools) {
    // Without tools there is nothing to choose, and Gemini wants no word about it.
    const bool harmless =
        !wanted.exists() || wanted.is_null() || wanted.equals("auto") || wanted.equals("none");
    if (harmless) return std::nullopt;
    return Refusal{"tool_choice", "names a tool, but there are no tools"};
  }
  if (chat["parallel_tool_calls"].boolean() == false) {
    return Refusal{"parallel_tool_calls", "cannot be switched off for Gemini"};
  }
  if (auto refusal = write_declarations(tools, body, dropped)) return refusal;
  if (!wanted.exists() || wanted.is_null()) return std::nullopt;
  const std::optional<Choice> choice = read_choice(wanted);
  if (!choice) return Refusal{"tool_choice", "is not one that Gemini knows"};
  body.key("toolConfig").open('{').key("functionCallingConfig").open('{');
  body.key("mode").quoted(choice->mode);
  if (!choice->names.empty())
    body.key("allowedFunctionNames").open('[').raw(choice->names).close(']');
  body.close('}').close('}');
  return std::nullopt;
}

}  // namespace headgate_gemini
