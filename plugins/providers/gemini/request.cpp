#include "request.hpp"

#include <headgate/json_view.hpp>
#include <headgate/llm/json_writer.hpp>

#include <algorithm>
#include <array>

#include "messages.hpp"

namespace headgate_gemini {
namespace {

using hg::JsonView;
using hg::llm::JsonWriter;

// Members with the same meaning under another name in generationConfig.
struct Renamed {
  std::string_view chat;
  std::string_view gemini;
};
constexpr std::array<Renamed, 9> kRenamed = {{
    {"temperature", "temperature"},
    {"top_p", "topP"},
    {"top_k", "topK"},
    {"n", "candidateCount"},
    {"seed", "seed"},
    {"presence_penalty", "presencePenalty"},
    {"frequency_penalty", "frequencyPenalty"},
    {"logprobs", "responseLogprobs"},
    {"top_logprobs", "logprobs"},
}};

// What another answer would come of if it were left out.
constexpr std::array<std::string_view, 6> kRefused = {
    "logit_bias", "functions", "function_call", "audio", "web_search_options", "verbosity"};

// Members that are handled by name below, or that the gateway itself has dealt with.
constexpr std::array<std::string_view, 13> kHandled = {
    "model",      "messages", "stream",          "stream_options",  "max_tokens",
    "stop",       "tools",    "tool_choice",     "response_format", "max_completion_tokens",
    "modalities", "headgate", "reasoning_effort"};

template <class Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class RequestTranslator {
 public:
  explicit RequestTranslator(std::string_view chat) : chat_(chat) {}

  TranslatedRequest translate() {
    if (!chat_.is_object()) {
      refuse("", "is not a JSON object");
      return std::move(out_);
    }
    MessageTranslator messages;
    if (auto refusal = messages.translate(chat_["messages"])) out_.refusal = std::move(refusal);
    JsonWriter json(out_.body);
    json.open('{');
    if (!out_.refusal) messages.write(json);
    write_tools(json);
    write_tool_choice(json);
    write_config(json);
    json.close('}');
    out_.usage_wanted = chat_.at("/stream_options/include_usage").boolean().value_or(false);
    return std::move(out_);
  }

 private:
  void refuse(std::string field, std::string message) {
    if (!out_.refusal) out_.refusal = Refusal{std::move(field), std::move(message)};
  }

  void write_tools(JsonWriter& json) {
    const JsonView tools = chat_["tools"];
    if (tools.size() == 0) return;
    json.key("tools").open('[').open('{').key("functionDeclarations").open('[');
    std::size_t index = 0;
    tools.each_element([&](JsonView tool) {
      const JsonView function = tool["function"];
      const std::string place = "tools[" + std::to_string(index++) + "]";
      if (!tool["type"].equals("function") || !function["name"].is_string()) {
        refuse(place + ".type", "is not a kind of tool that can be sent to Gemini");
        return false;
      }
      json.open('{');
      json.key("name").raw(function["name"].raw());
      if (function["description"].is_string()) {
        json.key("description").raw(function["description"].raw());
      }
      // JSON Schema as it stands: `parameters` takes only a part of it.
      if (function["parameters"].is_object()) {
        json.key("parametersJsonSchema").raw(function["parameters"].raw());
      }
      if (function["strict"].boolean().value_or(false)) drop(place + ".function.strict");
      json.close('}');
      return true;
    });
    json.close(']').close('}').close(']');
  }

  void write_tool_choice(JsonWriter& json) {
    const JsonView choice = chat_["tool_choice"];
    if (!choice.exists() || choice.is_null()) return;
    std::string_view mode;
    std::string_view name;
    if (choice.equals("auto")) {
      mode = "AUTO";
    } else if (choice.equals("none")) {
      mode = "NONE";
    } else if (choice.equals("required")) {
      mode = "ANY";
    } else if (choice["type"].equals("function") && choice["function"]["name"].is_string()) {
      mode = "ANY";
      name = choice["function"]["name"].raw();
    } else {
      return refuse("tool_choice", "is not one that Gemini knows");
    }
    json.key("toolConfig").open('{').key("functionCallingConfig").open('{');
    json.key("mode").quoted(mode);
    if (!name.empty()) json.key("allowedFunctionNames").open('[').raw(name).close(']');
    json.close('}').close('}');
  }

  void write_config(JsonWriter& json) {
    json.key("generationConfig").open('{');
    JsonView max_tokens = chat_["max_completion_tokens"];
    if (!max_tokens.is_number()) max_tokens = chat_["max_tokens"];
    if (max_tokens.is_number()) json.key("maxOutputTokens").raw(max_tokens.raw());
    chat_.each_member(
        [&](std::string_view name, JsonView value) { write_member(json, name, value); });
    write_stop(json);
    write_format(json);
    write_thinking(json);
    json.close('}');
  }

  void write_member(JsonWriter& json, std::string_view name, const JsonView& value) {
    if (value.is_null() || is_one_of(kHandled, name)) return;
    for (const Renamed& renamed : kRenamed) {
      if (renamed.chat == name) {
        json.key(renamed.gemini).raw(value.raw());
        return;
      }
    }
    if (is_one_of(kRefused, name)) {
      return refuse(std::string(name), "cannot be expressed for Gemini");
    }
    drop(std::string(name));
  }

  void write_stop(JsonWriter& json) {
    const JsonView stop = chat_["stop"];
    if (stop.is_string()) json.key("stopSequences").open('[').raw(stop.raw()).close(']');
    if (stop.is_array()) json.key("stopSequences").raw(stop.raw());
  }

  void write_format(JsonWriter& json) {
    const JsonView format = chat_["response_format"];
    if (!format.exists() || format.is_null() || format["type"].equals("text")) return;
    if (format["type"].equals("json_object")) {
      json.key("responseMimeType").quoted("application/json");
    } else if (format["type"].equals("json_schema") &&
               format["json_schema"]["schema"].is_object()) {
      json.key("responseMimeType").quoted("application/json");
      json.key("responseJsonSchema").raw(format["json_schema"]["schema"].raw());
    } else {
      refuse("response_format", "is not one that Gemini knows");
    }
    const JsonView modalities = chat_["modalities"];
    modalities.each_element([&](JsonView modality) {
      if (!modality.equals("text")) refuse("modalities", "other than text are not supported");
    });
  }

  // The budgets that Google's own chat endpoint uses for these words:
  // https://ai.google.dev/gemini-api/docs/openai#thinking
  void write_thinking(JsonWriter& json) {
    const JsonView effort = chat_["reasoning_effort"];
    if (!effort.is_string()) return;
    std::string_view budget;
    if (effort.equals("none")) budget = "0";
    if (effort.equals("minimal") || effort.equals("low")) budget = "1024";
    if (effort.equals("medium")) budget = "8192";
    if (effort.equals("high")) budget = "24576";
    if (budget.empty()) return refuse("reasoning_effort", "is not one that Gemini knows");
    json.key("thinkingConfig").open('{');
    json.key("thinkingBudget").raw(budget);
    json.key("includeThoughts").boolean(budget != "0");
    json.close('}');
  }

  void drop(std::string name) { out_.dropped.push_back(std::move(name)); }

  JsonView chat_;
  TranslatedRequest out_;
};

}  // namespace

TranslatedRequest translate_request(std::string_view chat) {
  return RequestTranslator(chat).translate();
}

}  // namespace headgate_gemini
