#pragma once
// A whole answer of Gemini in the neutral form. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headgate_gemini {

// A GenerateContentResponse as a chat completion. `model` is what was asked for, `created` is Unix
// seconds. Nothing when it is not such an answer, or one in which the model broke down.
std::optional<std::string> translate_answer(std::string_view body, std::string_view model,
                                            std::uint64_t created);

}  // namespace headgate_gemini
