#include "tests/tools/upstream-sim/answer.hpp"

#include "core/base/json_text.hpp"

namespace sim {
namespace {

constexpr std::string_view kFiller = "the quick brown fox jumps over the lazy dog and runs on ";

std::string made_up_text(const Facts& facts, const Behaviour& behaviour, const Identity& identity) {
  if (!behaviour.content.empty()) return behaviour.content;
  if (behaviour.echo) return facts.last_user_text;
  if (facts.structured) {
    return "{\"answer\":\"Paris\",\"source\":" + quoted(identity.name) + "}";
  }
  if (behaviour.bytes > 0) {
    std::string text;
    text.reserve(static_cast<std::size_t>(behaviour.bytes) + kFiller.size());
    while (text.size() < static_cast<std::size_t>(behaviour.bytes)) text += kFiller;
    text.resize(static_cast<std::size_t>(behaviour.bytes));
    return text;
  }
  std::string text = "I am " + identity.name + " and I answer as ";
  text += answered_model(facts, behaviour);
  text += '.';
  if (facts.images > 0) text += " I saw " + std::to_string(facts.images) + " image(s).";
  if (!facts.tool_result.empty()) text += " The tool said: " + facts.tool_result;
  return text;
}

std::string error_body(bool gemini, std::int64_t status, std::string_view code,
                       std::string_view message) {
  return gemini ? gemini_error(status, code, message) : openai_error(status, code, message);
}

Answer make_error(const Facts& facts, const Behaviour& behaviour) {
  Answer answer;
  answer.status = behaviour.status;
  answer.retry_after = behaviour.retry_after;
  answer.body = behaviour.error_body;
  if (answer.body.empty()) {
    answer.body = error_body(is_gemini(facts.format), behaviour.status, behaviour.error_code,
                             behaviour.error_message);
  }
  return answer;
}

Answer refuse(bool gemini, std::int64_t status, std::string_view code, std::string_view message) {
  Answer answer;
  answer.status = status;
  answer.body = error_body(gemini, status, code, message);
  return answer;
}

Answer wrong_key(bool gemini) {
  if (gemini) {
    return refuse(true, 400, "API_KEY_INVALID", "API key not valid. Please pass a valid API key.");
  }
  return refuse(false, 401, "invalid_api_key", "Incorrect API key provided.");
}

// What the vendors say whose models do not take one.
Answer refuse_prefill(bool gemini) {
  return refuse(gemini, 400, "",
                "This model does not support assistant message prefill. The conversation must end "
                "with a user message.");
}

// A model that goes on from the end of a prefill says only what is missing, and counts only the
// tokens of that. A text that does not begin with the prefill is said in full.
Behaviour after_prefill(const Facts& facts, const Behaviour& behaviour, const Identity& identity) {
  Behaviour rest = behaviour;
  rest.prefill = "ignore";
  const std::string text = made_up_text(facts, behaviour, identity);
  if (!text.starts_with(facts.prefill) || text.size() == facts.prefill.size()) return rest;
  rest.content = text.substr(facts.prefill.size());
  const auto whole_size = static_cast<std::int64_t>(text.size());
  const auto rest_size = static_cast<std::int64_t>(rest.content.size());
  rest.tokens = (behaviour.tokens * rest_size + whole_size - 1) / whole_size;
  return rest;
}

Answer what_arrived(const Facts& facts, std::string_view method_and_target) {
  Answer answer;
  answer.body = "{\"object\":\"sim.passed\",\"request\":" + quoted(method_and_target) +
                ",\"body_bytes\":" + std::to_string(facts.body_bytes) + "}";
  return answer;
}

}  // namespace

std::string AnswerText::whole() const {
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  return text;
}

std::string quoted(std::string_view text) {
  return headgate::json_quote(text);
}

std::string_view answered_model(const Facts& facts, const Behaviour& behaviour) {
  return behaviour.model.empty() ? std::string_view(facts.model)
                                 : std::string_view(behaviour.model);
}

std::int64_t prompt_tokens(const Facts& facts, const Behaviour& behaviour) {
  return behaviour.prompt_tokens > 0 ? behaviour.prompt_tokens : facts.body_bytes / 4 + 1;
}

AnswerText make_text(const Facts& facts, const Behaviour& behaviour, const Identity& identity) {
  const std::string text = made_up_text(facts, behaviour, identity);
  const std::size_t count = behaviour.tokens > 1 ? static_cast<std::size_t>(behaviour.tokens) : 1;
  AnswerText out;
  if (!facts.stream) {
    out.pieces.push_back(text);
    return out;
  }
  // Exactly `count` pieces, as equal as can be, never inside a character: bytes 10xxxxxx go on.
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= count; ++i) {
    std::size_t end = text.size() * i / count;
    while (end > begin && end < text.size() && (static_cast<unsigned char>(text[end]) >> 6) == 2) {
      ++end;
    }
    if (end < begin) end = begin;
    out.pieces.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return out;
}

void add_event_faults(std::vector<Event>& events, const Behaviour& behaviour,
                      const std::string& error_object) {
  std::vector<Event> out;
  out.reserve(events.size() + 2);
  std::int64_t token = 0;
  for (Event& event : events) {
    const bool at_token = event.kind == EventKind::token;
    // With 0 the error is the very first event, before the opening ones.
    const bool first = out.empty() && behaviour.error_event_at == 0;
    if (first || (at_token && behaviour.error_event_at == token)) {
      out.push_back({EventKind::closing, "data: " + error_object + "\n\n"});
      events = std::move(out);
      return;
    }
    if (at_token && behaviour.not_json_at == token) {
      out.push_back({EventKind::opening, "data: {this is not JSON\n\n"});
    }
    if (at_token) ++token;
    if (behaviour.comments) event.bytes.insert(0, ": ping\n\n");
    out.push_back(std::move(event));
  }
  events = std::move(out);
}

Answer make_answer(const Facts& facts, const Behaviour& behaviour, const Identity& identity,
                   std::string_view method_and_target, std::string_view key) {
  const bool gemini = is_gemini(facts.format);
  if (!identity.key.empty() && key != identity.key) return wrong_key(gemini);
  if (behaviour.status != 200) return make_error(facts, behaviour);
  if (facts.format == Format::unknown) {
    return refuse(false, 404, "", "Unknown request URL: " + std::string(method_and_target));
  }
  if (facts.bad_json) return refuse(gemini, 400, "", "The body is not JSON.");
  if (!facts.prefill.empty() && behaviour.prefill == "reject") return refuse_prefill(gemini);
  if (!facts.prefill.empty() && behaviour.prefill == "continue") {
    const Behaviour rest = after_prefill(facts, behaviour, identity);
    return make_answer(facts, rest, identity, method_and_target, key);
  }
  switch (facts.format) {
    case Format::chat:
      return answer_chat(facts, behaviour, make_text(facts, behaviour, identity));
    case Format::responses:
      return answer_responses(facts, behaviour, make_text(facts, behaviour, identity));
    case Format::gemini:
      return answer_gemini(facts, behaviour, make_text(facts, behaviour, identity));
    case Format::embeddings:
      return answer_embeddings(facts, behaviour);
    case Format::models:
      return answer_models(facts, identity);
    case Format::gemini_models:
      return answer_gemini_models();
    case Format::passed:
      return what_arrived(facts, method_and_target);
    case Format::unknown:
      break;
  }
  return refuse(gemini, 500, "", "unreachable");
}

}  // namespace sim
