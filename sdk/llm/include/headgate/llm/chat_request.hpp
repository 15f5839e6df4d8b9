#pragma once
// Reading a chat request in the neutral form (the chat completions format of OpenAI): views into
// the body, in its order. Source: https://platform.openai.com/docs/api-reference/chat/create
//
// Strings are given as they stand, JSON-quoted, so that a translation copies them without decoding.

#include <headgate/json_view.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace hg::llm {

enum class Role { system, user, assistant, tool, unknown };

inline Role role_of(const JsonView& role) {
  if (role.equals("user")) return Role::user;
  if (role.equals("assistant")) return Role::assistant;
  if (role.equals("system") || role.equals("developer")) return Role::system;
  if (role.equals("tool")) return Role::tool;
  return Role::unknown;
}

// One message; what is not there does not exist().
struct Message {
  Role role = Role::unknown;
  JsonView role_name;
  JsonView content;  // string, array of parts, or null
  JsonView refusal;
  JsonView tool_calls;
  JsonView tool_call_id;
  JsonView function_call;  // the form before tools
  JsonView reasoning;      // reasoning_content
};

inline Message read_message(const JsonView& json) {
  Message message;
  json.each_member([&](std::string_view name, JsonView value) {
    if (value.is_null()) return;
    if (name == "role") {
      message.role_name = value;
      message.role = role_of(value);
    } else if (name == "content") {
      message.content = value;
    } else if (name == "refusal") {
      message.refusal = value;
    } else if (name == "tool_calls") {
      message.tool_calls = value;
    } else if (name == "tool_call_id") {
      message.tool_call_id = value;
    } else if (name == "function_call") {
      message.function_call = value;
    } else if (name == "reasoning_content") {
      message.reasoning = value;
    }
  });
  return message;
}

// Media inside a request.
struct Media {
  std::string media_type;   // "image/png"
  std::string_view base64;  // inline bytes as they stand; empty: `url` says where
  std::string url;
};

// "data:image/png;base64,AAAA" taken apart; nothing when it is another kind of URL or not base64.
// The views are into `url`.
struct DataUrl {
  std::string_view media_type;
  std::string_view base64;
};
inline std::optional<DataUrl> parse_data_url(std::string_view url) {
  constexpr std::string_view kScheme = "data:";
  constexpr std::string_view kCoding = ";base64,";
  if (url.substr(0, kScheme.size()) != kScheme) return std::nullopt;
  const std::size_t coding = url.find(kCoding);
  if (coding == std::string_view::npos) return std::nullopt;
  DataUrl parsed;
  parsed.media_type = url.substr(kScheme.size(), coding - kScheme.size());
  parsed.media_type = parsed.media_type.substr(0, parsed.media_type.find(';'));
  parsed.base64 = url.substr(coding + kCoding.size());
  for (const char c : parsed.base64) {
    const bool base64 = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                        (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=' || c == '-' ||
                        c == '_';
    if (!base64) return std::nullopt;
  }
  return parsed;
}

// The kinds of content parts.
enum class PartKind { text, refusal, image, audio, file, unknown };

struct Part {
  PartKind kind = PartKind::unknown;
  JsonView type;
  JsonView text;  // of text and refusal: a JSON string
  JsonView body;  // of the others: the object named like the type
};

inline Part read_part(const JsonView& json) {
  Part part;
  part.type = json["type"];
  if (part.type.equals("text")) {
    part.kind = PartKind::text;
    part.text = json["text"];
  } else if (part.type.equals("refusal")) {
    part.kind = PartKind::refusal;
    part.text = json["refusal"];
  } else if (part.type.equals("image_url")) {
    part.kind = PartKind::image;
    part.body = json["image_url"];
  } else if (part.type.equals("input_audio")) {
    part.kind = PartKind::audio;
    part.body = json["input_audio"];
  } else if (part.type.equals("file")) {
    part.kind = PartKind::file;
    part.body = json["file"];
  }
  return part;
}

// Calls visit(Part) for each part of a message's content, a plain string being one text part.
template <class Visit>
void each_part(const JsonView& content, Visit&& visit) {
  if (content.is_string()) {
    Part part;
    part.kind = PartKind::text;
    part.text = content;
    visit(part);
    return;
  }
  content.each_element([&](JsonView element) { return visit(read_part(element)); });
}

// One tool call of an assistant's message. `arguments` is decoded: it is JSON text itself.
struct ToolCall {
  JsonView id;
  JsonView name;
  std::string arguments;
  JsonView extra;  // "extra_content": what a provider wants to see again
};

inline ToolCall read_tool_call(const JsonView& json) {
  ToolCall call;
  call.id = json["id"];
  const JsonView function = json["function"];
  call.name = function["name"];
  call.arguments = function["arguments"].text().value_or("");
  call.extra = json["extra_content"];
  return call;
}

}  // namespace hg::llm
