#include "extra.hpp"

#include <headgate/llm/chat_request.hpp>
#include <headgate/llm/extra.hpp>
#include <headgate/llm/json_writer.hpp>

#include "media.hpp"
#include "part.hpp"

namespace headgate_gemini {
namespace {

using hg::JsonView;
using hg::llm::headgate_name;
using hg::llm::JsonWriter;

// Members of a part that a message has members of its own for. What checks and changes messages
// looks there, so these are not taken from anywhere else.
constexpr std::array<std::string_view, 4> kReserved = {"text", "functionCall", "functionResponse",
                                                       "thoughtSignature"};
constexpr std::array<std::string_view, 2> kContentMembers = {"role", "parts"};
constexpr std::array<std::string_view, 4> kResultMembers = {"id", "name", "response", "parts"};

// The same of a request: it has them from the chat's members, from `extra_body.google` among them.
constexpr std::array<std::string_view, 9> kRequestMembers = {
    "contents", "systemInstruction", "tools", "toolConfig", "cachedContent", "safetySettings",
    "model",    "serviceTier",       "store"};
constexpr std::string_view kConfig = "generationConfig";
constexpr std::array<std::string_view, 16> kConfigMembers = {"maxOutputTokens",
                                                             "stopSequences",
                                                             "temperature",
                                                             "topP",
                                                             "topK",
                                                             "candidateCount",
                                                             "seed",
                                                             "presencePenalty",
                                                             "frequencyPenalty",
                                                             "responseLogprobs",
                                                             "logprobs",
                                                             "responseMimeType",
                                                             "responseSchema",
                                                             "responseModalities",
                                                             "thinkingConfig",
                                                             "responseJsonSchema"};

// What is asked of Google with the gateway's key is only what was uploaded there.
bool is_uploaded(const JsonView& file) {
  bool named = false;
  bool others = false;
  file.each_member([&](std::string_view name, JsonView value) {
    if (!is_named(name, "fileUri")) return;
    named = true;
    others = others || !is_google_file(value.text().value_or(""));
  });
  return named && !others;
}

bool may_be_applied(std::string_view name, const JsonView& value, Holds holds) {
  const bool bytes = is_named(name, "inlineData") || is_named(name, "thought");
  if (bytes && holds != Holds::nothing) return false;
  if (is_named_one_of(name, kReserved)) return false;
  return !is_named(name, "fileData") || is_uploaded(value);
}

// Appends the members of `object`, which is called `of`, that are not `in_chat` to those in `out`.
template <class Names>
void append_inside(std::string& out, std::string_view of, const JsonView& object,
                   const Names& in_chat, std::string_view path, Lost& lost) {
  object.each_member([&](std::string_view name, JsonView value) {
    if (is_named_one_of(name, in_chat)) {
      lost.push_back(headgate_name(path, "extra.") + std::string(of) + "." + std::string(name));
      return;
    }
    if (!out.empty()) out += ',';
    JsonWriter(out).name(name).raw(value.raw());
  });
}

// `headgate.extra`; all else that an object's "headgate" holds is added to `lost`, but for `known`.
JsonView extra_of(const JsonView& headgate, std::string_view path, Lost& lost,
                  std::string_view known = "extra") {
  JsonView extra;
  if (!headgate.is_object()) lost.push_back(headgate_name(path, ""));
  headgate.each_member([&](std::string_view name, JsonView value) {
    if (name == "extra") {
      extra = value;
    } else if (name != known && hg::llm::says_something(value)) {
      lost.push_back(headgate_name(path, name));
    }
  });
  return extra;
}

}  // namespace

FurtherMembers read_part_extra(const JsonView& extra, Holds holds, std::string_view path,
                               Lost& lost) {
  FurtherMembers out;
  JsonWriter json(out.part);
  const auto own = [&](std::string_view name, const JsonView& value) {
    if (holds == Holds::call && name == "functionCall") {
      append_inside(out.inside, name, value, kCallMembers, path, lost);
    } else if (holds == Holds::picture && name == "inlineData") {
      append_inside(out.inside, name, value, kBytesMembers, path, lost);
    } else if (holds == Holds::result && name == "functionResponse") {
      append_inside(out.inside, name, value, kResultMembers, path, lost);
    } else if (may_be_applied(name, value, holds)) {
      json.name(name).raw(value.raw());
    } else {
      lost.push_back(headgate_name(path, "extra.") + std::string(name));
    }
  };
  hg::llm::each_extra(extra, kOrigin, own, [&](std::string_view format) {
    lost.push_back(headgate_name(path, format));
  });
  return out;
}

FurtherMembers read_part_headgate(const JsonView& headgate, Holds holds, std::string_view path,
                                  Lost& lost) {
  if (!headgate.exists()) return {};
  return read_part_extra(extra_of(headgate, path, lost), holds, path, lost);
}

std::string read_content_headgate(const JsonView& headgate, bool has_blocks, Lost& lost) {
  std::string out;
  if (!headgate.exists()) return out;
  const JsonView extra = extra_of(headgate, "messages", lost, has_blocks ? "blocks" : "extra");
  JsonWriter json(out);
  const auto own = [&](std::string_view name, const JsonView& value) {
    if (is_named_one_of(name, kContentMembers)) {
      lost.push_back("messages.headgate.extra." + std::string(name));
    } else {
      json.name(name).raw(value.raw());
    }
  };
  hg::llm::each_extra(extra, kOrigin, own, [&](std::string_view format) {
    lost.push_back(headgate_name("messages", format));
  });
  return out;
}

FurtherMembers read_request_headgate(const JsonView& headgate, Lost& lost) {
  FurtherMembers out;
  if (!headgate.exists()) return out;
  JsonWriter json(out.part);
  const auto own = [&](std::string_view name, const JsonView& value) {
    if (is_named(name, kConfig)) {
      append_inside(out.inside, kConfig, value, kConfigMembers, "", lost);
    } else if (is_named_one_of(name, kRequestMembers)) {
      lost.push_back(headgate_name("", "extra.") + std::string(name));
    } else {
      json.name(name).raw(value.raw());
    }
  };
  hg::llm::each_extra(extra_of(headgate, "", lost), kOrigin, own,
                      [&](std::string_view format) { lost.push_back(headgate_name("", format)); });
  return out;
}

}  // namespace headgate_gemini
