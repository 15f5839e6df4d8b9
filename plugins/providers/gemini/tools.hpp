#pragma once
// The tools of a chat and how they may be used, as Gemini's tools and toolConfig. Pure.
// Source: https://ai.google.dev/api/caching#Tool

#include <headgate/json_document.hpp>
#include <headgate/llm/dropped.hpp>
#include <headgate/llm/json_writer.hpp>

#include <optional>

#include "request.hpp"

namespace headgate_gemini {

// Writes both members of the body where the request has tools.
std::optional<Refusal> write_tools(const hg::JsonMembers& chat, hg::llm::JsonWriter& body,
                                   hg::llm::Dropped& dropped);

}  // namespace headgate_gemini
