#pragma once
// From a chat request in the neutral form to the body of generateContent. Pure.
//
// Sources: https://ai.google.dev/api/generate-content and https://ai.google.dev/api/caching#Content
//
// What Gemini cannot express is either refused, where leaving it out would change what the request
// means, or listed by name, where it only tunes. There is no third way.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate_gemini {

// Why a request cannot be asked of Gemini. `field` is where in the client's body.
struct Refusal {
  std::string field;
  std::string message;
};

struct TranslatedRequest {
  std::string body;
  std::vector<std::string> dropped;  // members that were left out
  bool usage_wanted = false;         // stream_options.include_usage
  std::optional<Refusal> refusal;    // then there is no body
};

TranslatedRequest translate_request(std::string_view chat);

}  // namespace headgate_gemini
