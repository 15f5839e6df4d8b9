#include "messages.hpp"

#include <utility>

namespace headgate_gemini {
namespace {

using hg::JsonView;
using hg::llm::JsonWriter;

void append_part(std::string& parts, std::string_view part) {
  if (!parts.empty()) parts += ',';
  parts += part;
}

// `text` is a JSON string as it stands.
void append_text(std::string& parts, std::string_view text) {
  append_part(parts, "{\"text\":");
  parts += text;
  parts += '}';
}

void append_inline(std::string& parts, std::string_view media_type, std::string_view base64) {
  std::string part;
  JsonWriter json(part);
  json.open('{').key("inlineData").open('{');
  json.key("mimeType").quoted(media_type);
  json.key("data").quoted(base64);
  json.close('}').close('}');
  append_part(parts, part);
}

std::string place_of(std::size_t message) {
  return "messages[" + std::to_string(message) + "]";
}

}  // namespace

void MessageTranslator::refuse(std::string field, std::string message) {
  if (!refusal_) refusal_ = Refusal{std::move(field), std::move(message)};
}

std::string& MessageTranslator::turn(const char* role) {
  if (turns_.empty() || std::string_view(turns_.back().role) != role) {
    turns_.push_back(Turn{role, ""});
  }
  return turns_.back().parts;
}

std::optional<Refusal> MessageTranslator::translate(const JsonView& messages) {
  if (!messages.is_array() || messages.size() == 0) {
    return Refusal{"messages", "must be a list of at least one message"};
  }
  std::size_t index = 0;
  messages.each_element([&](JsonView element) {
    add(hg::llm::read_message(element), index++);
    return !refusal_;
  });
  if (!refusal_ && turns_.empty()) {
    return Refusal{"messages", "must hold something besides the system's message"};
  }
  return refusal_;
}

void MessageTranslator::add(const hg::llm::Message& message, std::size_t index) {
  switch (message.role) {
    case hg::llm::Role::system:
      return add_content(message.content, system_, index);
    case hg::llm::Role::user:
      return add_content(message.content, turn("user"), index);
    case hg::llm::Role::assistant: {
      std::string parts;
      add_content(message.content, parts, index);
      if (message.refusal.is_string()) append_text(parts, message.refusal.raw());
      if (message.function_call.exists()) {
        return refuse(place_of(index) + ".function_call", "is not supported; use tool_calls");
      }
      add_tool_calls(message.tool_calls, parts, index);
      // A turn without a part is not accepted; one that said nothing adds nothing.
      if (!parts.empty()) append_part(turn("model"), parts);
      return;
    }
    case hg::llm::Role::tool:
      return add_tool_result(message, index);
    case hg::llm::Role::unknown:
      break;
  }
  refuse(place_of(index) + ".role", "is not a role that Gemini knows");
}

void MessageTranslator::add_content(const JsonView& content, std::string& parts,
                                    std::size_t index) {
  if (content.exists() && !content.is_string() && !content.is_array()) {
    return refuse(place_of(index) + ".content", "must be a string or a list of parts");
  }
  std::size_t part_index = 0;
  hg::llm::each_part(content, [&](const hg::llm::Part& part) {
    add_part(part, parts,
             place_of(index) + ".content" +
                 (content.is_array() ? "[" + std::to_string(part_index) + "]" : std::string()));
    ++part_index;
    return !refusal_;
  });
}

void MessageTranslator::add_part(const hg::llm::Part& part, std::string& parts,
                                 const std::string& place) {
  switch (part.kind) {
    case hg::llm::PartKind::text:
    case hg::llm::PartKind::refusal:
      if (!part.text.is_string()) return refuse(place, "has no text");
      return append_text(parts, part.text.raw());
    case hg::llm::PartKind::image: {
      const auto url = part.body["url"].text();
      if (!url) return refuse(place + ".image_url", "has no url");
      return add_media(*url, parts, place + ".image_url.url");
    }
    case hg::llm::PartKind::audio: {
      const std::string format = part.body["format"].text().value_or("wav");
      const auto data = part.body["data"].text();
      if (!data) return refuse(place + ".input_audio", "has no data");
      return append_inline(parts, "audio/" + format, *data);
    }
    case hg::llm::PartKind::file: {
      const auto data = part.body["file_data"].text();
      if (!data) {
        return refuse(place + ".file",
                      "names a file of another provider; send its bytes as file_data");
      }
      return add_media(*data, parts, place + ".file.file_data");
    }
    case hg::llm::PartKind::unknown:
      break;
  }
  refuse(place + ".type", "is not a kind of part that can be sent to Gemini");
}

void MessageTranslator::add_media(std::string_view url, std::string& parts,
                                  const std::string& place) {
  const auto data = hg::llm::parse_data_url(url);
  if (!data) {
    return refuse(place, "must be a data: URL with base64; the gateway does not fetch others");
  }
  append_inline(parts, data->media_type, data->base64);
}

void MessageTranslator::add_tool_calls(const JsonView& calls, std::string& parts,
                                       std::size_t index) {
  std::size_t call_index = 0;
  calls.each_element([&](JsonView element) {
    const hg::llm::ToolCall call = hg::llm::read_tool_call(element);
    const std::string place = place_of(index) + ".tool_calls[" + std::to_string(call_index++) + "]";
    if (!call.name.is_string()) {
      refuse(place + ".function.name", "is missing");
      return false;
    }
    // Arguments are JSON text in a string; Gemini has them as an object.
    const std::string arguments = call.arguments.empty() ? "{}" : call.arguments;
    if (!JsonView::valid(arguments) || !JsonView(arguments).is_object()) {
      refuse(place + ".function.arguments", "is not a JSON object");
      return false;
    }
    call_names_[call.id.text().value_or("")] = call.name.text().value_or("");
    std::string part;
    JsonWriter json(part);
    json.open('{').key("functionCall").open('{');
    json.key("name").raw(call.name.raw());
    json.key("args").raw(arguments);
    json.close('}');
    const JsonView signature = call.extra.at("/google/thought_signature");
    if (signature.is_string()) json.key("thoughtSignature").raw(signature.raw());
    json.close('}');
    append_part(parts, part);
    return true;
  });
}

void MessageTranslator::add_tool_result(const hg::llm::Message& message, std::size_t index) {
  const auto known = call_names_.find(message.tool_call_id.text().value_or(""));
  if (known == call_names_.end()) {
    return refuse(place_of(index) + ".tool_call_id", "names no tool call of an earlier message");
  }
  std::string text;
  hg::llm::each_part(message.content, [&](const hg::llm::Part& part) {
    if (part.text.is_string()) {
      part.text.append_text(text);
    } else {
      refuse(place_of(index) + ".content", "of a tool's result can only be text");
    }
  });
  std::string part;
  JsonWriter json(part);
  json.open('{').key("functionResponse").open('{');
  json.key("name").quoted(known->second);
  json.key("response");
  // Gemini wants an object. Where the tool gave one it goes in as it stands.
  if (JsonView::valid(text) && JsonView(text).is_object()) {
    json.raw(text);
  } else {
    json.open('{').key("result").quoted(text).close('}');
  }
  json.close('}').close('}');
  append_part(turn("user"), part);
}

void MessageTranslator::write(JsonWriter& json) const {
  if (!system_.empty()) {
    json.key("systemInstruction").open('{').key("parts").open('[').raw(system_);
    json.close(']').close('}');
  }
  json.key("contents").open('[');
  for (const Turn& turn : turns_) {
    json.open('{');
    json.key("role").quoted(turn.role);
    json.key("parts").open('[').raw(turn.parts).close(']');
    json.close('}');
  }
  json.close(']');
}

}  // namespace headgate_gemini
