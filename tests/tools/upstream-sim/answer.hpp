#pragma once
// What is answered, before it is framed: a whole body, or the events of a stream.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tools/upstream-sim/behaviour.hpp"
#include "tests/tools/upstream-sim/request_facts.hpp"

namespace sim {

enum class EventKind : std::uint8_t {
  opening,  // role, created: says nothing yet
  token,    // content, or a piece of a tool call: what the counts of the knobs count
  closing,  // finish, usage, [DONE]
};

struct Event {
  EventKind kind = EventKind::token;
  std::string bytes;
};

struct Answer {
  std::int64_t status = 200;
  std::string content_type = "application/json";
  std::string retry_after;
  bool is_stream = false;
  std::string body;           // unless is_stream
  std::vector<Event> events;  // if is_stream
};

// Who answers: from the command line.
struct Identity {
  std::string name = "sim";
  std::string key;  // the only key accepted; empty = any
};

// Decides the whole answer to one request. `key` is what the request brought.
Answer make_answer(const Facts& facts, const Behaviour& behaviour, const Identity& identity,
                   std::string_view method_and_target, std::string_view key);

// The pieces that the formats share.
struct AnswerText {
  std::vector<std::string> pieces;  // one per content event
  std::string whole() const;
};
AnswerText make_text(const Facts& facts, const Behaviour& behaviour, const Identity& identity);
std::int64_t prompt_tokens(const Facts& facts, const Behaviour& behaviour);
std::string quoted(std::string_view text);
std::string_view answered_model(const Facts& facts, const Behaviour& behaviour);

// Adds the faults that are events (notJsonAt, errorEventAt) and the comments.
void add_event_faults(std::vector<Event>& events, const Behaviour& behaviour,
                      const std::string& error_object);

// Each format, in its own file. `error_*` make the body of an error answer.
Answer answer_chat(const Facts& facts, const Behaviour& behaviour, const AnswerText& text);
Answer answer_responses(const Facts& facts, const Behaviour& behaviour, const AnswerText& text);
Answer answer_embeddings(const Facts& facts, const Behaviour& behaviour);
Answer answer_models(const Facts& facts, const Identity& identity);
std::string openai_error(std::int64_t status, std::string_view code, std::string_view message);
Answer answer_gemini(const Facts& facts, const Behaviour& behaviour, const AnswerText& text);
Answer answer_gemini_models();
std::string gemini_error(std::int64_t status, std::string_view code, std::string_view message);

}  // namespace sim
