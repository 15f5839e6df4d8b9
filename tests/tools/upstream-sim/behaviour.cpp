#include "tests/tools/upstream-sim/behaviour.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <initializer_list>

namespace sim {
namespace {

bool parse_flag(std::string_view text, bool& out) {
  out = text == "true" || text == "1" || text == "yes" || text.empty();
  return out || text == "false" || text == "0" || text == "no";
}

bool parse_choice(std::string_view text, std::initializer_list<std::string_view> choices,
                  std::string& out) {
  for (const std::string_view choice : choices) {
    if (text != choice) continue;
    out = text;
    return true;
  }
  return false;
}

// Each knob's setter is a capture-free lambda over one member.
#define SIM_TEXT(member)                    \
  [](Behaviour& b, std::string_view text) { \
    b.member = text;                        \
    return true;                            \
  }
#define SIM_COUNT(member) \
  [](Behaviour& b, std::string_view text) { return parse_count(text, b.member); }
#define SIM_FLAG(member) \
  [](Behaviour& b, std::string_view text) { return parse_flag(text, b.member); }
#define SIM_TIME(member) \
  [](Behaviour& b, std::string_view text) { return parse_milliseconds(text, b.member); }
#define SIM_CHOICE(member, ...) \
  [](Behaviour& b, std::string_view text) { return parse_choice(text, {__VA_ARGS__}, b.member); }

constexpr std::string_view kTextValue = "TEXT";
constexpr std::string_view kCountValue = "N";
constexpr std::string_view kFlagValue = "true|false";
constexpr std::string_view kTimeValue = "MS|never";

const std::array kKnobs = {
    Knob{"content", kTextValue, "literal text of the answer", SIM_TEXT(content)},
    Knob{"bytes", kCountValue, "size of a made-up answer text; 0 = one sentence", SIM_COUNT(bytes)},
    Knob{"tokens", kCountValue, "content events of a stream, and completion tokens (16)",
         SIM_COUNT(tokens)},
    Knob{"promptTokens", kCountValue, "0 = a quarter of the request body's bytes",
         SIM_COUNT(prompt_tokens)},
    Knob{"model", kTextValue, "model named in the answer; empty = the request's", SIM_TEXT(model)},
    Knob{"finish", kTextValue, "finish reason, literally", SIM_TEXT(finish)},
    Knob{"echo", kFlagValue, "the answer is the last user message", SIM_FLAG(echo)},
    Knob{"prefill", "ignore|continue|reject",
         "a last message of the assistant's: answered in full, gone on from, or a 400",
         SIM_CHOICE(prefill, "ignore", "continue", "reject")},
    Knob{"thought", kFlagValue, "thinking before the text (Gemini format)", SIM_FLAG(thought)},
    Knob{"safetyBlock", kFlagValue, "the prompt is refused inside a 200", SIM_FLAG(safety_block)},
    Knob{"tools", "auto|always|never", "auto: when the last user message says \"call tool\"",
         SIM_CHOICE(tools, "auto", "always", "never")},
    Knob{"headers", kTextValue, "further response headers, \"a: b\", separated by newlines",
         SIM_TEXT(headers)},
    Knob{"headDelayMs", kTimeValue, "wait before the first byte of the answer",
         SIM_TIME(head_delay)},
    Knob{"firstTokenDelayMs", kTimeValue, "wait after a stream's head, before its first event",
         SIM_TIME(first_token_delay)},
    Knob{"tokenIntervalMs", kTimeValue, "wait between the content events of a stream",
         SIM_TIME(token_interval)},
    Knob{"jitterMs", kTimeValue, "up to so much more on each of these waits", SIM_TIME(jitter)},
    Knob{"roleFirst", kFlagValue, "the role event leaves before firstTokenDelayMs",
         SIM_FLAG(role_first)},
    Knob{"burst", kFlagValue, "all events of a stream in one write", SIM_FLAG(burst)},
    Knob{"framing", "auto|length|chunked|close", "auto: streams chunked, the rest with a length",
         SIM_CHOICE(framing, "auto", "length", "chunked", "close")},
    Knob{"encoding", "gzip|", "compress answers whatever the client accepts",
         SIM_CHOICE(encoding, "gzip", "")},
    Knob{"slowBytes", kCountValue, "whole bodies leave in pieces of so many bytes",
         SIM_COUNT(slow_bytes)},
    Knob{"slowIntervalMs", kTimeValue, "wait between those pieces (20)", SIM_TIME(slow_interval)},
    Knob{"comments", kFlagValue, "a comment line before each event", SIM_FLAG(comments)},
    Knob{"status", kCountValue, "other than 200: an error in the format's shape",
         SIM_COUNT(status)},
    Knob{"errorCode", kTextValue,
         "its code, e.g. context_length_exceeded, content_policy_violation", SIM_TEXT(error_code)},
    Knob{"errorMessage", kTextValue, "its text", SIM_TEXT(error_message)},
    Knob{"errorBody", kTextValue, "a literal body in its place", SIM_TEXT(error_body)},
    Knob{"retryAfter", kTextValue, "Retry-After header", SIM_TEXT(retry_after)},
    Knob{"resetBeforeHead", kFlagValue, "TCP reset in place of an answer",
         SIM_FLAG(reset_before_head)},
    Knob{"raw", kTextValue, "these bytes in place of an answer, then close", SIM_TEXT(raw)},
    Knob{"cutAfterTokens", kCountValue, "the stream ends after so many content events",
         SIM_COUNT(cut_after_tokens)},
    Knob{"cut", "reset|close|end", "how: TCP reset, close, or a clean end of body (close)",
         SIM_CHOICE(cut, "reset", "close", "end")},
    Knob{"cutBodyAt", kCountValue, "a whole body is closed after so many bytes",
         SIM_COUNT(cut_body_at)},
    Knob{"stallAfterTokens", kCountValue, "the stream pauses after so many content events",
         SIM_COUNT(stall_after_tokens)},
    Knob{"stallMs", kTimeValue, "for so long (never ends)", SIM_TIME(stall)},
    Knob{"notJsonAt", kCountValue, "an event that is not JSON, before content event N",
         SIM_COUNT(not_json_at)},
    Knob{"errorEventAt", kCountValue,
         "an error event before content event N ends the stream; 0 = it is the first event",
         SIM_COUNT(error_event_at)},
    Knob{"noDone", kFlagValue, "the stream lacks its [DONE]", SIM_FLAG(no_done)},
    Knob{"noUsage", kFlagValue, "no usage in any answer", SIM_FLAG(no_usage)},
    Knob{"closeAfter", kFlagValue, "closes after the answer, having promised keep-alive",
         SIM_FLAG(close_after)},
    Knob{"closeAfterDelayMs", kTimeValue, "so long after it", SIM_TIME(close_after_delay)},
    Knob{"connectionClose", kFlagValue, "says Connection: close, and does",
         SIM_FLAG(connection_close)},
    Knob{"noContinue", kFlagValue, "Expect: 100-continue gets no 100", SIM_FLAG(no_continue)},
};

}  // namespace

std::span<const Knob> knobs() {
  return kKnobs;
}

std::string kebab(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) out += '-';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

const Knob* find_knob(std::string_view name) {
  for (const Knob& knob : kKnobs) {
    if (knob.name == name || kebab(knob.name) == name) return &knob;
  }
  return nullptr;
}

bool parse_count(std::string_view text, std::int64_t& out) {
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, out);
  return result.ec == std::errc() && result.ptr == end;
}

bool parse_milliseconds(std::string_view text, Milliseconds& out) {
  if (text == "never") {
    out = kNever;
    return true;
  }
  std::int64_t count = 0;
  if (!parse_count(text, count) || count < 0) return false;
  out = Milliseconds(count);
  return true;
}

}  // namespace sim
