#pragma once
// Reading a chat request in the neutral form (the chat completions format of OpenAI): views into
// the body, in its order. Source: https://platform.openai.com/docs/api-reference/chat/create
//
// Strings are given as they stand, JSON-quoted, so that a translation copies them without decoding.
// The body must be JSON (JsonView::valid), for what is copied is not looked at again.

#include <headgate/json_view.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hg::llm {

enum class Role { system, user, assistant, tool, unknown };

inline Role role_of(const JsonView& role) {
  if (role.equals("user")) return Role::user;
  if (role.equals("assistant")) return Role::assistant;
  if (role.equals("system") || role.equals("developer")) return Role::system;
  if (role.equals("tool")) return Role::tool;
  return Role::unknown;
}

// Whether a value says something: not null, and not an empty list or object.
inline bool says_something(const JsonView& value) {
  if (!value.exists() || value.is_null()) return false;
  return !((value.is_array() || value.is_object()) && value.empty());
}

// One message; what is not there does not exist().
struct Message {
  Role role = Role::unknown;
  JsonView role_name;
  JsonView content;  // string, array of parts, or null
  JsonView refusal;
  JsonView tool_calls;
  JsonView tool_call_id;
  JsonView function_call;           // the form before tools
  JsonView reasoning;               // reasoning_content
  JsonView audio;                   // an earlier spoken answer, by its id
  JsonView extra;                   // extra_content: what a provider wants to see again
  JsonView images;                  // pictures that the model made
  JsonView headgate;                // what the chat format has no member for: blocks.hpp
  std::vector<std::string> others;  // names of members that say something and are none of these
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
    } else if (name == "audio") {
      message.audio = value;
    } else if (name == "extra_content") {
      message.extra = value;
    } else if (name == "images") {
      message.images = value;
    } else if (name == "headgate") {
      message.headgate = value;
    } else if (says_something(value)) {
      message.others.emplace_back(name);
    }
  });
  return message;
}

// "data:image/png;base64,AAAA" taken apart; nothing when it is another kind of URL or not base64.
// The views are into `url`.
struct DataUrl {
  std::string_view media_type;  // without parameters; empty where the URL names none
  std::string_view base64;
};
inline std::optional<DataUrl> parse_data_url(std::string_view url) {
  constexpr std::string_view kScheme = "data:";
  constexpr std::string_view kCoding = ";base64";
  if (url.substr(0, kScheme.size()) != kScheme) return std::nullopt;
  const std::size_t comma = url.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  std::string_view head = url.substr(kScheme.size(), comma - kScheme.size());
  if (head.size() < kCoding.size() || head.substr(head.size() - kCoding.size()) != kCoding) {
    return std::nullopt;
  }
  DataUrl parsed;
  parsed.media_type = head.substr(0, head.find(';'));
  parsed.base64 = url.substr(comma + 1);
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
  JsonView text;                    // of text and refusal: a JSON string
  JsonView body;                    // of the others: the object named like the type
  JsonView headgate;                // what the chat format has no member for: extra.hpp
  std::vector<std::string> others;  // names of further members that say something
};

inline PartKind part_kind_of(const JsonView& type) {
  if (type.equals("text")) return PartKind::text;
  if (type.equals("refusal")) return PartKind::refusal;
  if (type.equals("image_url")) return PartKind::image;
  if (type.equals("input_audio")) return PartKind::audio;
  if (type.equals("file")) return PartKind::file;
  return PartKind::unknown;
}

inline Part read_part(const JsonView& json) {
  Part part;
  part.type = json["type"];
  part.kind = part_kind_of(part.type);
  const std::string named = part.type.text().value_or("");
  json.each_member([&](std::string_view name, JsonView value) {
    if (name == "type") return;
    if (name == "headgate") {
      part.headgate = value;
      return;
    }
    if (part.kind != PartKind::unknown && name == named) {
      const bool is_text = part.kind == PartKind::text || part.kind == PartKind::refusal;
      (is_text ? part.text : part.body) = value;
    } else if (says_something(value)) {
      part.others.emplace_back(name);
    }
  });
  return part;
}

// Calls visit(Part) for each part of a message's content, a plain string being one text part.
// Returning false ends the walk, if it returns a bool.
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
  JsonView type;
  JsonView id;
  JsonView name;
  std::string arguments;
  JsonView extra;     // "extra_content": what a provider wants to see again
  JsonView headgate;  // what the chat format has no member for: extra.hpp
};

inline ToolCall read_tool_call(const JsonView& json) {
  ToolCall call;
  call.type = json["type"];
  call.id = json["id"];
  const JsonView function = json["function"];
  call.name = function["name"];
  call.arguments = function["arguments"].text().value_or("");
  call.extra = json["extra_content"];
  call.headgate = json["headgate"];
  return call;
}

}  // namespace hg::llm
