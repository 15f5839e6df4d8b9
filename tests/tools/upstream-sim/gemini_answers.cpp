// Gemini's native format: generateContent, streamGenerateContent, models, errors.

#include "tests/tools/upstream-sim/answer.hpp"

namespace sim {
namespace {

constexpr std::int64_t kThoughtTokens = 5;

std::string usage_metadata(const Facts& facts, const Behaviour& behaviour, bool last) {
  const std::int64_t prompt = prompt_tokens(facts, behaviour);
  const std::int64_t thoughts = behaviour.thought ? kThoughtTokens : 0;
  std::string out = "{\"promptTokenCount\":" + std::to_string(prompt);
  if (last) out += ",\"candidatesTokenCount\":" + std::to_string(behaviour.tokens);
  if (thoughts > 0) out += ",\"thoughtsTokenCount\":" + std::to_string(thoughts);
  const std::int64_t answered = last ? behaviour.tokens : 0;
  out += ",\"totalTokenCount\":" + std::to_string(prompt + answered + thoughts);
  return out + "}";
}

std::string text_part(std::string_view text) {
  return "{\"text\":" + quoted(text) + "}";
}

std::string thought_part() {
  return "{\"text\":\"The user wants an answer.\",\"thought\":true}";
}

std::string call_part(const ToolCall& call) {
  return "{\"functionCall\":{\"name\":" + quoted(call.name) + ",\"args\":" + call.arguments + "}}";
}

std::string_view finish_reason(const Behaviour& behaviour) {
  return behaviour.finish.empty() ? std::string_view("STOP") : std::string_view(behaviour.finish);
}

// One GenerateContentResponse. `parts` is what stands between the brackets; `finish` may be empty.
std::string generate_response(const Facts& facts, const Behaviour& behaviour,
                              const std::string& parts, std::string_view finish) {
  std::string out = "{\"candidates\":[{\"content\":{\"parts\":[" + parts + "],\"role\":\"model\"}";
  if (!finish.empty()) out += ",\"finishReason\":" + quoted(finish);
  out += ",\"index\":0}]";
  if (!behaviour.no_usage) {
    out += ",\"usageMetadata\":" + usage_metadata(facts, behaviour, !finish.empty());
  }
  return out + ",\"modelVersion\":" + quoted(answered_model(facts, behaviour)) +
         ",\"responseId\":\"sim-response\"}";
}

std::string blocked_response(const Facts& facts, const Behaviour& behaviour) {
  return "{\"promptFeedback\":{\"blockReason\":\"SAFETY\",\"safetyRatings\":[{\"category\":"
         "\"HARM_CATEGORY_DANGEROUS_CONTENT\",\"probability\":\"HIGH\"}]},\"usageMetadata\":" +
         usage_metadata(facts, behaviour, false) +
         ",\"modelVersion\":" + quoted(answered_model(facts, behaviour)) +
         ",\"responseId\":\"sim-response\"}";
}

Answer whole(const Facts& facts, const Behaviour& behaviour, const AnswerText& text) {
  Answer answer;
  if (behaviour.safety_block) {
    answer.body = blocked_response(facts, behaviour);
    return answer;
  }
  std::string parts;
  if (behaviour.thought) parts = thought_part() + ",";
  if (facts.tool_calls.empty()) {
    parts += text_part(text.whole());
  } else {
    for (std::size_t i = 0; i < facts.tool_calls.size(); ++i) {
      if (i > 0) parts += ',';
      parts += call_part(facts.tool_calls[i]);
    }
  }
  answer.body = generate_response(facts, behaviour, parts, finish_reason(behaviour));
  return answer;
}

std::string sse(const std::string& object) {
  return "data: " + object + "\r\n\r\n";
}

Answer streamed(const Facts& facts, const Behaviour& behaviour, const AnswerText& text) {
  Answer answer;
  answer.is_stream = true;
  answer.content_type = "text/event-stream";
  if (behaviour.safety_block) {
    answer.events.push_back({EventKind::closing, sse(blocked_response(facts, behaviour))});
    return answer;
  }
  if (behaviour.thought) {
    answer.events.push_back(
        {EventKind::opening, sse(generate_response(facts, behaviour, thought_part(), ""))});
  }
  std::vector<std::string> parts;
  for (const ToolCall& call : facts.tool_calls) parts.push_back(call_part(call));
  if (parts.empty()) {
    for (const std::string& piece : text.pieces) parts.push_back(text_part(piece));
  }
  // As the real service does it, the last piece carries the finish reason and the usage.
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    answer.events.push_back(
        {EventKind::token,
         sse(generate_response(facts, behaviour, parts[i], last ? finish_reason(behaviour) : ""))});
  }
  add_event_faults(answer.events, behaviour,
                   gemini_error(500, behaviour.error_code, behaviour.error_message));
  return answer;
}

// Without alt=sse a stream is one JSON array.
void make_array(Answer& answer) {
  answer.content_type = "application/json; charset=UTF-8";
  for (std::size_t i = 0; i < answer.events.size(); ++i) {
    std::string& bytes = answer.events[i].bytes;
    bytes = (i == 0 ? "[" : ",\r\n") + bytes.substr(6, bytes.size() - 10);
    if (i + 1 == answer.events.size()) bytes += "\n]\n";
  }
}

}  // namespace

std::string gemini_error(std::int64_t status, std::string_view code, std::string_view message) {
  std::string_view name = "INVALID_ARGUMENT";
  if (status == 401) name = "UNAUTHENTICATED";
  if (status == 403) name = "PERMISSION_DENIED";
  if (status == 404) name = "NOT_FOUND";
  if (status == 429) name = "RESOURCE_EXHAUSTED";
  if (status == 500) name = "INTERNAL";
  if (status == 503) name = "UNAVAILABLE";
  if (status == 504) name = "DEADLINE_EXCEEDED";
  std::string text(message);
  if (text.empty()) text = "The simulator answers " + std::to_string(status) + ".";
  std::string out = "{\"error\":{\"code\":" + std::to_string(status) +
                    ",\"message\":" + quoted(text) + ",\"status\":\"";
  out += name;
  out += '"';
  if (!code.empty()) {
    out += ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":" +
           quoted(code) + ",\"domain\":\"googleapis.com\"}]";
  }
  return out + "}}";
}

Answer answer_gemini(const Facts& facts, const Behaviour& behaviour, const AnswerText& text) {
  if (!facts.stream) return whole(facts, behaviour, text);
  Answer answer = streamed(facts, behaviour, text);
  if (!facts.sse) make_array(answer);
  return answer;
}

Answer answer_gemini_models() {
  Answer answer;
  answer.body =
      "{\"models\":[{\"name\":\"models/"
      "sim-gemini\",\"version\":\"001\",\"displayName\":\"Simulated\","
      "\"inputTokenLimit\":1048576,\"outputTokenLimit\":8192,"
      "\"supportedGenerationMethods\":[\"generateContent\",\"countTokens\"]}]}";
  return answer;
}

}  // namespace sim
