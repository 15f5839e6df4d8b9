#include "request.hpp"

#include <headgate/json_document.hpp>
#include <headgate/llm/chat_request.hpp>
#include <headgate/llm/json_writer.hpp>

#include <algorithm>
#include <array>

#include "extra.hpp"
#include "messages.hpp"
#include "model.hpp"
#include "thinking.hpp"
#include "tools.hpp"

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

// Without these the answer would not be what was asked for.
constexpr std::array<std::string_view, 5> kRefused = {"logit_bias", "functions", "function_call",
                                                      "audio", "web_search_options"};

// Members that have their own lines below, or that the gateway has dealt with.
constexpr std::array<std::string_view, 15> kHandled = {"model",
                                                       "messages",
                                                       "stream",
                                                       "stream_options",
                                                       "max_tokens",
                                                       "stop",
                                                       "tools",
                                                       "tool_choice",
                                                       "modalities",
                                                       "headgate",
                                                       "reasoning_effort",
                                                       "response_format",
                                                       "extra_body",
                                                       "max_completion_tokens",
                                                       "parallel_tool_calls"};

constexpr std::size_t kStopsMax = 5;

template <class Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Gemini's seed has 32 bits.
bool is_seed(const JsonView& seed) {
  std::string_view digits = seed.raw();
  if (!digits.empty() && digits.front() == '-') digits.remove_prefix(1);
  const auto value = JsonView(digits).unsigned_integer();
  return value && *value <= 0x7fffffff;
}

class RequestTranslator {
 public:
  RequestTranslator(std::string_view chat, std::string_view model)
      : text_(chat), family_(family_of(model)) {}

  TranslatedRequest translate() {
    hg::JsonDocument document;
    if (!document.read(text_) || !document.root().is_object()) {
      refuse("", "is not a JSON object");
      return std::move(out_);
    }
    chat_ = hg::JsonMembers(document.root());
    MessageTranslator messages(family_, out_.dropped);
    if (auto refusal = messages.translate(chat_["messages"])) {
      out_.refusal = std::move(refusal);
      return std::move(out_);
    }
    out_.body.reserve(text_.size() + 512);
    JsonWriter json(out_.body);
    json.open('{');
    messages.write(json);
    if (auto refusal = write_tools(chat_, json, out_.dropped)) out_.refusal = std::move(refusal);
    Lost lost;
    const FurtherMembers further = read_request_headgate(chat_["headgate"], lost);
    for (const std::string& name : lost) out_.dropped.add(name);
    write_config(json, further.inside);
    write_google(json);
    if (!further.part.empty()) json.raw(further.part);
    json.close('}');
    out_.usage_wanted = chat_["stream_options"]["include_usage"].boolean().value_or(false);
    out_.choices = std::max<std::uint64_t>(1, chat_["n"].unsigned_integer().value_or(1));
    if (out_.refusal) out_.body.clear();
    return std::move(out_);
  }

 private:
  void refuse(std::string field, std::string message) {
    if (!out_.refusal) out_.refusal = Refusal{std::move(field), std::move(message)};
  }

  // `further` are members of it that the chat has none for.
  void write_config(JsonWriter& json, std::string_view further) {
    std::string text;
    JsonWriter config(text);
    config.open('{');
    JsonView max_tokens = chat_["max_completion_tokens"];
    if (!max_tokens.is_number()) max_tokens = chat_["max_tokens"];
    if (max_tokens.is_number()) config.key("maxOutputTokens").raw(max_tokens.raw());
    chat_.each([&](std::string_view name, JsonView value) { write_member(config, name, value); });
    write_stop(config);
    write_format(config);
    check_modalities();
    if (auto refusal = write_thinking(chat_, family_, config, out_.dropped)) {
      refuse(std::move(refusal->field), std::move(refusal->message));
    }
    if (!further.empty()) config.raw(further);
    config.close('}');
    if (text != "{}") json.key("generationConfig").raw(text);
  }

  void write_member(JsonWriter& config, std::string_view name, const JsonView& value) {
    if (value.is_null() || is_one_of(kHandled, name)) return;
    if (name == "seed" && !is_seed(value)) return out_.dropped.add(name);
    for (const Renamed& renamed : kRenamed) {
      if (renamed.chat == name) {
        config.key(renamed.gemini).raw(value.raw());
        return;
      }
    }
    if (!hg::llm::says_something(value)) return;
    if (name == "store" && value.boolean() == false) return;  // nothing is stored
    if (is_one_of(kRefused, name)) {
      return refuse(std::string(name), "cannot be expressed for Gemini");
    }
    out_.dropped.add(name);
  }

  void write_stop(JsonWriter& config) {
    const JsonView stop = chat_["stop"];
    if (!hg::llm::says_something(stop)) return;
    if (stop.is_string()) {
      config.key("stopSequences").open('[').raw(stop.raw()).close(']');
      return;
    }
    bool strings = stop.is_array();
    stop.each_element([&](JsonView one) { strings = strings && one.is_string(); });
    if (!strings) return refuse("stop", "must be a string or a list of strings");
    if (stop.size() > kStopsMax) return refuse("stop", "holds more than the 5 that Gemini takes");
    config.key("stopSequences").raw(stop.raw());
  }

  void write_format(JsonWriter& config) {
    const JsonView format = chat_["response_format"];
    if (!format.exists() || format.is_null() || format["type"].equals("text")) return;
    out_.structured = true;
    if (format["type"].equals("json_object")) {
      config.key("responseMimeType").quoted("application/json");
      return;
    }
    if (!format["type"].equals("json_schema")) {
      return refuse("response_format.type", "is not one that Gemini knows");
    }
    const JsonView schema = format["json_schema"]["schema"];
    if (!schema.is_object()) {
      return refuse("response_format.json_schema.schema", "must be an object");
    }
    config.key("responseMimeType").quoted("application/json");
    config.key("responseJsonSchema").raw(schema.raw());
    if (hg::llm::says_something(format["json_schema"]["description"])) {
      out_.dropped.add("response_format.json_schema.description");
    }
  }

  void check_modalities() {
    chat_["modalities"].each_element([&](JsonView modality) {
      if (!modality.equals("text")) refuse("modalities", "other than text cannot be asked for");
    });
  }

  // The members that Google's own chat endpoint has beyond OpenAI's.
  void write_google(JsonWriter& json) {
    chat_["extra_body"].each_member([&](std::string_view group, JsonView value) {
      if (group != "google") return out_.dropped.add("extra_body", group);
      value.each_member([&](std::string_view name, JsonView member) {
        if (name == "thinking_config") return;  // written above
        if (name == "cached_content") {
          json.key("cachedContent").raw(member.raw());
        } else if (name == "safety_settings") {
          json.key("safetySettings").raw(member.raw());
        } else {
          out_.dropped.add("extra_body.google", name);
        }
      });
    });
  }

  std::string_view text_;
  hg::JsonMembers chat_;
  Family family_;
  TranslatedRequest out_;
};

}  // namespace

TranslatedRequest translate_request(std::string_view chat, std::string_view model) {
  return RequestTranslator(chat, model).translate();
}

}  // namespace headgate_gemini
