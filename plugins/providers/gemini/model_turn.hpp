#pragma once
// A message of the assistant's as the parts that Gemini once answered with, by the blocks that came
// back with it. Pure.

#include <headgate/llm/chat_request.hpp>
#include <headgate/llm/dropped.hpp>

#include <optional>
#include <string>
#include <vector>

#include "extra.hpp"

namespace headgate_gemini {

// JSON of a part, or a member of the message's tool_calls and what its part holds beside it.
struct TurnPart {
  std::string json;
  hg::JsonView call;
  FurtherMembers further;
};

// Nothing where the message has no blocks, or where they do not fit what it holds: then that
// counts. What cannot be sent is added to `dropped`.
std::optional<std::vector<TurnPart>> parts_by_blocks(const hg::llm::Message& message,
                                                     hg::llm::Dropped& dropped);

// The signature in `extra_content`, as a JSON string; empty where there is none for Gemini.
std::string signature_of(const hg::JsonView& extra, hg::llm::Dropped& dropped);

}  // namespace headgate_gemini
