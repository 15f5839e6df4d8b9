#pragma once
// Pictures, sound and documents of a chat as parts of Gemini's. Pure.
// Source: https://ai.google.dev/gemini-api/docs/file-input-methods

#include <headgate/llm/chat_request.hpp>

#include <string>
#include <string_view>

#include "request.hpp"

namespace headgate_gemini {

// Puts `part` behind `parts`, a list of JSON objects separated by commas.
void append_part(std::string& parts, std::string_view part);

// Whether it names a file that was uploaded to Google.
bool is_google_file(std::string_view uri);

// An image, audio or file part. `place` is where it stands in the client's body.
std::optional<Refusal> append_media(const hg::llm::Part& part, const std::string& place,
                                    std::string& parts);

}  // namespace headgate_gemini
