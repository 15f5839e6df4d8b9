#pragma once
// What the simulator needs to know about a request's body. The common case is found by searching
// the text; a tree is built only for what needs one (tools, images, structured output, echo).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

enum class Format : std::uint8_t {
  chat,           // POST .../chat/completions
  responses,      // POST .../responses
  embeddings,     // POST .../embeddings
  models,         // GET .../models and .../models/ID
  gemini,         // POST .../models/M:generateContent and :streamGenerateContent
  gemini_models,  // GET /v1beta/models
  passed,         // a path whose answer says what arrived
  unknown,        // 404
};

struct ToolCall {
  std::string name;
  std::string arguments;  // JSON text that fits the tool's parameters
};

struct Facts {
  Format format = Format::unknown;
  std::string model;
  bool stream = false;
  bool sse = true;  // a Gemini stream without alt=sse is a JSON array
  bool include_usage = false;
  std::int64_t body_bytes = 0;

  // Only when the body was parsed.
  bool parsed = false;
  bool bad_json = false;
  std::string last_user_text;
  std::string tool_result;  // of the last message, when it is one
  std::string prefill;      // the last message, when it is the assistant's
  std::int64_t images = 0;
  bool structured = false;
  std::int64_t inputs = 1;           // texts to embed
  bool base64 = false;               // embeddings as base64 of float32
  std::vector<ToolCall> tool_calls;  // those that the answer should make
};

// `always_parse` is for knobs that need the text. `tools` is the knob.
Facts read_facts(std::string_view method, std::string_view target, std::string_view body,
                 std::string_view tools, bool always_parse);

bool is_gemini(Format format);

}  // namespace sim
