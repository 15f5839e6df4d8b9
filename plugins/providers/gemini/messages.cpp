#include "messages.hpp"

#include "media.hpp"

namespace headgate_gemini {
namespace {

using hg::JsonView;
using hg::llm::JsonWriter;
using hg::llm::Message;
using hg::llm::Part;
using hg::llm::PartKind;
using hg::llm::Role;
using hg::llm::ToolCall;

// From generation 3 on a call without its signature is refused. This one stands for calls that have
// none, because another model made them or the client did not send it back:
// https://ai.google.dev/gemini-api/docs/thought-signatures
constexpr std::string_view kNoSignature = "skip_thought_signature_validator";

std::string place_of(std::size_t message) {
  return "messages[" + std::to_string(message) + "]";
}

bool is_own_id(const JsonView& id) {
  const auto text = id.text();
  return !text || text->empty() || text->substr(0, kOwnCallId.size()) == kOwnCallId;
}

// `text` and `signature` are JSON strings as they stand, `further` members of an object.
std::string text_part(std::string_view text, std::string_view signature,
                      std::string_view further = {}) {
  std::string part;
  JsonWriter json(part);
  json.open('{').key("text").raw(text);
  if (!signature.empty()) json.key("thoughtSignature").raw(signature);
  if (!further.empty()) json.raw(further);
  json.close('}');
  return part;
}

}  // namespace

void MessageTranslator::refuse(std::string field, std::string message) {
  if (!refusal_) refusal_ = Refusal{std::move(field), std::move(message)};
}

void MessageTranslator::drop(const Lost& lost) {
  for (const std::string& name : lost) dropped_.add(name);
}

MessageTranslator::Turn& MessageTranslator::turn(Side side) {
  if (turns_.empty() || turns_.back().side != side) turns_.push_back(Turn{side, "", "", {}});
  return turns_.back();
}

std::optional<Refusal> MessageTranslator::translate(const JsonView& messages) {
  if (!messages.is_array() || messages.empty()) {
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

void MessageTranslator::add(const Message& message, std::size_t index) {
  for (const std::string& name : message.others) dropped_.add("messages", name);
  if (message.role != Role::assistant && hg::llm::says_something(message.images)) {
    dropped_.add("messages.images");
  }
  switch (message.role) {
    case Role::system:
      return add_system(message, index);
    case Role::user:
      return add_user(message, index);
    case Role::assistant:
      return add_assistant(message, index);
    case Role::tool:
      return add_tool_result(message, index);
    case Role::unknown:
      break;
  }
  refuse(place_of(index) + ".role", "is not a role that Gemini knows");
}

// A content has one member of a name: where several messages become one, the first that has any
// counts.
void MessageTranslator::add_further(const Message& message, std::string& of_content) {
  if (!message.headgate.exists()) return;
  Lost lost;
  std::string further =
      read_content_headgate(message.headgate, message.role == Role::assistant, lost);
  if (of_content.empty()) {
    of_content = std::move(further);
  } else if (!further.empty() && further != of_content) {
    lost.emplace_back("messages.headgate.extra");
  }
  drop(lost);
}

void MessageTranslator::add_system(const Message& message, std::size_t index) {
  hg::llm::each_part(message.content, [&](const Part& part) {
    if (!part.text.is_string()) {
      refuse(place_of(index) + ".content", "of the system can only be text");
    } else if (!part.text.equals("")) {
      Lost lost;
      const auto further = read_part_headgate(part.headgate, Holds::text, "messages.content", lost);
      drop(lost);
      append_part(system_, text_part(part.text.raw(), {}, further.part));
    }
  });
  if (!system_.empty()) return add_further(message, system_further_);
  if (message.headgate.exists()) dropped_.add("messages.headgate");
}

void MessageTranslator::add_user(const Message& message, std::size_t index) {
  std::string parts;
  add_content(message.content, parts, index);
  // A turn without a part is not accepted.
  if (parts.empty()) parts = text_part("\"\"", {});
  append_part(turn(Side::user).parts, parts);
  add_further(message, turn(Side::user).further);
}

void MessageTranslator::add_assistant(const Message& message, std::size_t index) {
  if (message.function_call.exists()) {
    return refuse(place_of(index) + ".function_call", "is not supported; use tool_calls");
  }
  if (message.audio.exists()) {
    return refuse(place_of(index) + ".audio", "names a spoken answer that Gemini does not have");
  }
  std::string parts;
  if (const auto known = parts_by_blocks(message, dropped_)) {
    add_known(*known, parts, index);
  } else {
    add_projection(message, parts, index);
  }
  // One that said nothing adds nothing.
  if (parts.empty()) {
    if (message.headgate["extra"].exists()) dropped_.add("messages.headgate.extra");
    return;
  }
  append_part(turn(Side::model).parts, parts);
  add_further(message, turn(Side::model).further);
}

// What Gemini said itself, as it said it.
void MessageTranslator::add_known(const std::vector<TurnPart>& known, std::string& parts,
                                  std::size_t index) {
  std::size_t call_index = 0;
  for (const TurnPart& part : known) {
    if (!part.call.exists()) {
      append_part(parts, part.json);
      continue;
    }
    const std::string place = place_of(index) + ".tool_calls[" + std::to_string(call_index) + "]";
    const ToolCall call = hg::llm::read_tool_call(part.call);
    if (call.headgate.exists()) dropped_.add("messages.tool_calls.headgate");
    if (!add_tool_call(call, part.further, call_index++ == 0, parts, place)) return;
  }
}

void MessageTranslator::add_projection(const Message& message, std::string& parts,
                                       std::size_t index) {
  // Thoughts are only sent back to whom they are of; the signatures are what counts.
  if (message.reasoning.exists()) dropped_.add("messages.reasoning_content");
  if (hg::llm::says_something(message.images)) dropped_.add("messages.images");
  const std::string signature = signature_of(message.extra, dropped_);
  if (message.content.is_string() && !signature.empty()) {
    append_part(parts, text_part(message.content.raw(), signature));
  } else {
    add_content(message.content, parts, index);
    if (!signature.empty()) append_part(parts, text_part("\"\"", signature));
  }
  if (message.refusal.is_string()) append_part(parts, text_part(message.refusal.raw(), {}));
  add_tool_calls(message.tool_calls, parts, index);
}

void MessageTranslator::add_content(const JsonView& content, std::string& parts,
                                    std::size_t index) {
  if (content.exists() && !content.is_string() && !content.is_array()) {
    return refuse(place_of(index) + ".content", "must be a string or a list of parts");
  }
  std::size_t part_index = 0;
  hg::llm::each_part(content, [&](const Part& part) {
    add_part(part, parts,
             place_of(index) + ".content" +
                 (content.is_array() ? "[" + std::to_string(part_index) + "]" : std::string()));
    ++part_index;
    return !refusal_;
  });
}

void MessageTranslator::add_part(const Part& part, std::string& parts, const std::string& place) {
  for (const std::string& name : part.others) dropped_.add("messages.content", name);
  Lost lost;
  const auto further = read_part_headgate(part.headgate, Holds::text, "messages.content", lost);
  drop(lost);
  if (part.kind == PartKind::text || part.kind == PartKind::refusal) {
    if (!part.text.is_string()) return refuse(place, "has no text");
    if (!part.text.equals("")) {
      append_part(parts, text_part(part.text.raw(), {}, further.part));
    } else if (!further.part.empty()) {
      dropped_.add("messages.content.headgate.extra");
    }
    return;
  }
  const JsonView detail = part.body["detail"];
  if (detail.is_string() && !detail.equals("auto")) dropped_.add("messages.content.detail");
  if (auto refusal = append_media(part, place, parts)) {
    return refuse(std::move(refusal->field), std::move(refusal->message));
  }
  if (further.part.empty()) return;
  parts.back() = ',';
  parts += further.part + "}";
}

void MessageTranslator::add_tool_calls(const JsonView& calls, std::string& parts,
                                       std::size_t index) {
  std::size_t call_index = 0;
  calls.each_element([&](JsonView element) {
    const bool first = call_index == 0;
    const ToolCall call = hg::llm::read_tool_call(element);
    Lost lost;
    const auto further =
        read_part_headgate(call.headgate, Holds::call, "messages.tool_calls", lost);
    drop(lost);
    return add_tool_call(call, further, first, parts,
                         place_of(index) + ".tool_calls[" + std::to_string(call_index++) + "]");
  });
}

bool MessageTranslator::add_tool_call(const ToolCall& call, const FurtherMembers& further,
                                      bool first, std::string& parts, const std::string& place) {
  if (call.type.exists() && !call.type.equals("function")) {
    refuse(place + ".type", "is not a kind of call that Gemini knows");
    return false;
  }
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
  calls_[call.id.text().value_or("")] = KnownCall{call.name.text().value_or(""), calls_seen_++};
  std::string part;
  JsonWriter json(part);
  json.open('{').key("functionCall").open('{');
  if (!is_own_id(call.id)) json.key("id").raw(call.id.raw());
  json.key("name").raw(call.name.raw());
  json.key("args").raw(arguments);
  if (!further.inside.empty()) json.raw(further.inside);
  json.close('}');
  const std::string signature = signature_of(call.extra, dropped_);
  if (!signature.empty()) {
    json.key("thoughtSignature").raw(signature);
  } else if (first && family_.generation >= 3) {
    json.key("thoughtSignature").quoted(kNoSignature);
  }
  if (!further.part.empty()) json.raw(further.part);
  json.close('}');
  append_part(parts, part);
  return true;
}

void MessageTranslator::add_tool_result(const Message& message, std::size_t index) {
  const auto known = calls_.find(message.tool_call_id.text().value_or(""));
  if (known == calls_.end()) {
    return refuse(place_of(index) + ".tool_call_id", "names no tool call of an earlier message");
  }
  std::string text;
  hg::llm::each_part(message.content, [&](const Part& part) {
    if (!part.text.append_text(text)) {
      refuse(place_of(index) + ".content", "of a tool's result can only be text");
    }
    if (part.headgate.exists()) dropped_.add("messages.content.headgate");
  });
  Lost lost;
  const auto further = read_part_headgate(message.headgate, Holds::result, "messages", lost);
  drop(lost);
  std::string part;
  JsonWriter json(part);
  json.open('{').key("functionResponse").open('{');
  if (!is_own_id(message.tool_call_id)) json.key("id").raw(message.tool_call_id.raw());
  json.key("name").quoted(known->second.name);
  json.key("response");
  // Gemini wants an object. Where the tool gave one it goes in as it stands.
  if (JsonView::valid(text) && JsonView(text).is_object()) {
    json.raw(JsonView(text).raw());
  } else {
    json.open('{').key("result").quoted(text).close('}');
  }
  if (!further.inside.empty()) json.raw(further.inside);
  json.close('}');
  if (!further.part.empty()) json.raw(further.part);
  json.close('}');
  turn(Side::results).results.emplace(known->second.number, std::move(part));
}

void MessageTranslator::write(JsonWriter& json) const {
  if (!system_.empty()) {
    json.key("systemInstruction").open('{').key("parts").open('[').raw(system_).close(']');
    if (!system_further_.empty()) json.raw(system_further_);
    json.close('}');
  }
  json.key("contents").open('[');
  for (const Turn& turn : turns_) {
    std::string parts = turn.parts;
    for (const auto& result : turn.results) append_part(parts, result.second);
    json.open('{');
    json.key("role").quoted(turn.side == Side::model ? "model" : "user");
    json.key("parts").open('[').raw(parts).close(']');
    if (!turn.further.empty()) json.raw(turn.further);
    json.close('}');
  }
  json.close(']');
}

}  // namespace headgate_gemini
