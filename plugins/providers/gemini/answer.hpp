#pragma once
// A whole answer of Gemini in the neutral form. Pure.

#include <headgate/call.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headgate_gemini {

struct TranslatedAnswer {
  std::optional<std::string> body;  // nothing when what came is not an answer
  std::optional<hg::Usage> usage;
  bool broken = false;  // one in which the model broke down; then there is no body
};

// A GenerateContentResponse as a chat completion. `model` is what was asked for, `created` is Unix
// seconds.
TranslatedAnswer translate_answer(std::string_view body, std::string_view model,
                                  std::uint64_t created);

}  // namespace headgate_gemini
