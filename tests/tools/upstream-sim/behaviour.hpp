#pragma once
// What the simulator does with one request: every knob it has, in one table. A knob can be set at
// the start (--head-delay-ms 20), while running (POST /sim/config {"headDelayMs": 20}), in a rule
// (for the next N requests), or by a request for itself (x-sim-head-delay-ms: 20).

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sim {

using Milliseconds = std::chrono::milliseconds;

// "never": a wait that only the client's leaving ends.
inline constexpr Milliseconds kNever = std::chrono::hours(24 * 365);

// A count that is not set.
inline constexpr std::int64_t kOff = -1;

struct Behaviour {
  // The answer.
  std::string content;             // literal text of the answer; empty = made up
  std::int64_t bytes = 0;          // size of the made-up text; 0 = a sentence
  std::int64_t tokens = 16;        // content events of a stream, and completion tokens
  std::int64_t prompt_tokens = 0;  // 0 = a quarter of the request body's bytes
  std::string model;               // model named in the answer; empty = the request's
  std::string finish;              // finish reason, literal; empty = the format's own
  bool echo = false;               // the text is the last user message
  std::string prefill = "ignore";  // a last message of the assistant's: ignore | continue | reject
  bool thought = false;            // thinking before the text, in formats that have it
  bool safety_block = false;       // the prompt is refused, inside a 200
  std::string tools = "auto";      // auto (when asked "call tool") | always | never
  std::string headers;             // further response headers, "a: b" separated by \n

  // Time.
  Milliseconds head_delay{0};         // before the first byte of the answer
  Milliseconds first_token_delay{0};  // after the head of a stream, before its first event
  Milliseconds token_interval{0};     // between the content events of a stream
  Milliseconds jitter{0};             // up to so much more on each of these waits
  bool role_first = false;            // the role event leaves before first_token_delay
  bool burst = false;                 // all events of a stream in one write

  // Framing.
  std::string framing = "auto";  // auto (stream: chunked, whole: length) | length | chunked | close
  std::string encoding;          // gzip, or empty for none
  std::int64_t slow_bytes = 0;   // whole bodies leave in pieces of so many bytes; 0 = at once
  Milliseconds slow_interval{20};  // between those pieces
  bool comments = false;           // a comment line (": ping") before each event

  // Faults.
  std::int64_t status = 200;               // other than 200: an error in the format's shape
  std::string error_code;                  // its code; empty = by the status
  std::string error_message;               // its text
  std::string error_body;                  // literal body in place of it
  std::string retry_after;                 // Retry-After header of it
  bool reset_before_head = false;          // TCP reset in place of an answer
  std::string raw;                         // these bytes in place of an answer, then close
  std::int64_t cut_after_tokens = kOff;    // the stream ends after so many content events ...
  std::string cut = "close";               // ... by reset | close | end (a clean end of body)
  std::int64_t cut_body_at = kOff;         // a whole body is closed after so many bytes
  std::int64_t stall_after_tokens = kOff;  // the stream pauses after so many content events ...
  Milliseconds stall = kNever;             // ... for so long
  std::int64_t not_json_at = kOff;         // an event that is not JSON, before content event k
  std::int64_t error_event_at = kOff;      // an error event before content event k, then the end
  bool no_done = false;                    // the stream lacks its [DONE]
  bool no_usage = false;                   // no usage in any answer
  bool close_after = false;                // closes after the answer, having promised keep-alive
  Milliseconds close_after_delay{0};       // ... so long after it
  bool connection_close = false;           // says Connection: close, and does
  bool no_continue = false;                // Expect: 100-continue gets no 100
};

struct Knob {
  std::string_view name;   // camelCase, as in JSON; the option and the header are kebab-case
  std::string_view value;  // what it takes
  std::string_view help;
  // Returns false when the text is not a value of this knob.
  bool (*set)(Behaviour& behaviour, std::string_view text);
};

std::span<const Knob> knobs();

// headDelayMs -> head-delay-ms
std::string kebab(std::string_view name);

// Finds a knob by its camelCase or kebab-case name; nullptr when there is none.
const Knob* find_knob(std::string_view name);

// A number of milliseconds, or "never".
bool parse_milliseconds(std::string_view text, Milliseconds& out);
bool parse_count(std::string_view text, std::int64_t& out);

}  // namespace sim
