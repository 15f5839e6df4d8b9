#pragma once
// From a chat request in the neutral form to the body of generateContent. Pure.
//
// Sources: https://ai.google.dev/api/generate-content and https://ai.google.dev/api/caching#Content
//
// What Gemini cannot express is either refused, where leaving it out would change what the request
// means, or listed by name, where it only tunes. There is no third way.

#include <headgate/llm/dropped.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headgate_gemini {

// Why a request cannot be asked of Gemini. `field` is where in the client's body; empty: all of it.
struct Refusal {
  std::string field;
  std::string message;
};

struct TranslatedRequest {
  std::string body;
  hg::llm::Dropped dropped;
  bool usage_wanted = false;       // stream_options.include_usage
  std::uint64_t choices = 1;       // candidates that were asked for
  bool structured = false;         // the answer is to be JSON
  std::optional<Refusal> refusal;  // then there is no body
};

// `model` is the one that will be asked: generations differ.
TranslatedRequest translate_request(std::string_view chat, std::string_view model);

}  // namespace headgate_gemini
