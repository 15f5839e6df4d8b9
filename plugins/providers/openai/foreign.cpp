#include "foreign.hpp"

#include <headgate/json_view.hpp>
#include <headgate/llm/extra.hpp>
#include <headgate/llm/json_writer.hpp>

#include <algorithm>
#include <array>

#include "json_cuts.hpp"

namespace headgate_openai {
namespace {

using hg::JsonView;
using hg::llm::Dropped;
using hg::llm::JsonWriter;

constexpr std::string_view kGateways = "headgate";
constexpr std::string_view kDialect = "openai.chat";

// As the neutral form and other makers have them: thoughts, signatures of thoughts, and pictures
// that the model made.
constexpr std::array<std::string_view, 3> kForeign = {"extra_content", "images",
                                                      "reasoning_content"};

// Members of requests, messages, parts, calls and tools that the chat format has. Policies look for
// them where it has them, so they are not taken from anywhere else.
constexpr std::array<std::string_view, 59> kChat = {"allowed_tools",
                                                    "arguments",
                                                    "audio",
                                                    "content",
                                                    "custom",
                                                    "detail",
                                                    "file",
                                                    "file_data",
                                                    "file_id",
                                                    "filename",
                                                    "format",
                                                    "frequency_penalty",
                                                    "function",
                                                    "function_call",
                                                    "functions",
                                                    "id",
                                                    "image_url",
                                                    "input_audio",
                                                    "logit_bias",
                                                    "logprobs",
                                                    "max_completion_tokens",
                                                    "max_tokens",
                                                    "messages",
                                                    "metadata",
                                                    "modalities",
                                                    "mode",
                                                    "model",
                                                    "n",
                                                    "name",
                                                    "parallel_tool_calls",
                                                    "parameters",
                                                    "prediction",
                                                    "presence_penalty",
                                                    "prompt_cache_key",
                                                    "prompt_cache_retention",
                                                    "reasoning_effort",
                                                    "refusal",
                                                    "response_format",
                                                    "role",
                                                    "safety_identifier",
                                                    "seed",
                                                    "service_tier",
                                                    "stop",
                                                    "store",
                                                    "stream",
                                                    "stream_options",
                                                    "temperature",
                                                    "text",
                                                    "tool_call_id",
                                                    "tool_calls",
                                                    "tool_choice",
                                                    "tools",
                                                    "top_logprobs",
                                                    "top_p",
                                                    "type",
                                                    "url",
                                                    "user",
                                                    "verbosity",
                                                    "web_search_options"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Cleaner {
 public:
  Cleaner(JsonCuts& cuts, bool own_host, Dropped& dropped)
      : cuts_(cuts), own_host_(own_host), dropped_(dropped) {}

  // A client's own data (schemas, metadata) may have members of any name, so only places that the
  // neutral form knows are looked at.
  void clean_request(const JsonView& request) {
    cuts_.each_member(request, [&](std::string_view name, const JsonView& value) {
      if (name == kGateways) return in_place_of(value, request, "");
      if (name == "messages") {
        value.each_element([&](JsonView message) {
          clean(message, "messages", own_host_ && message["role"].equals("assistant"));
        });
      } else if (name == "tools") {
        value.each_element([&](JsonView tool) { clean(tool, "tools", false); });
      } else if (name == "tool_choice") {
        clean(value, name, false);
      }
      return Fate{true, {}};
    });
  }

 private:
  using Fate = JsonCuts::Fate;

  // `path` is what the members are called in the header, "messages". `foreign`: members of other
  // makers are left out as well as the gateway's.
  void clean(const JsonView& object, std::string_view path, bool foreign) {
    cuts_.each_member(object, [&](std::string_view name, const JsonView& value) {
      if (name == kGateways) return in_place_of(value, object, path);
      if (foreign && is_one_of(kForeign, name)) {
        dropped_.add(path, name);
        return Fate{};
      }
      if (name == "content" || name == "tool_calls" || name == "images") {
        const std::string inner = std::string(path) + "." + std::string(name);
        value.each_element([&](JsonView element) { clean(element, inner, foreign); });
      }
      return Fate{true, {}};
    });
  }

  // Of what `headgate` of an object holds, members of OpenAI's own that the object lacks.
  Fate in_place_of(const JsonView& headgate, const JsonView& object, std::string_view path) {
    Fate fate;
    bool others = !headgate.is_object() || headgate.empty();
    headgate.each_member([&](std::string_view name, JsonView value) {
      if (name == "extra" && value.is_object() && !value.empty()) {
        fate.instead = own_members(value, object, path, std::move(fate.instead));
      } else {
        others = true;
      }
    });
    if (others) dropped_.add(hg::llm::headgate_name(path, ""));
    return fate;
  }

  // Appends them to `out`; what else there is in `extra` is named.
  std::string own_members(const JsonView& extra, const JsonView& object, std::string_view path,
                          std::string out) {
    const auto own = [&](std::string_view name, const JsonView& value) {
      const bool in_chat = is_one_of(kForeign, name) || is_one_of(kChat, name) || name == kGateways;
      if (in_chat || object[name].exists()) {
        dropped_.add(hg::llm::headgate_name(path, "extra." + std::string(name)));
        return;
      }
      if (!out.empty()) out += ',';
      JsonWriter(out).name(name).raw(value.raw());
    };
    hg::llm::each_extra(extra, kDialect, own, [&](std::string_view format) {
      dropped_.add(hg::llm::headgate_name(path, format));
    });
    return out;
  }

  JsonCuts& cuts_;
  bool own_host_;
  Dropped& dropped_;
};

}  // namespace

bool may_hold_foreign(std::string_view messages) {
  return messages.find("_content\"") != std::string_view::npos ||
         messages.find("\"images\"") != std::string_view::npos;
}

std::optional<std::string> without_foreign(std::string_view body, bool own_host, Dropped& dropped) {
  JsonCuts cuts(body);
  Cleaner(cuts, own_host, dropped).clean_request(JsonView(body));
  return cuts.result();
}

}  // namespace headgate_openai
