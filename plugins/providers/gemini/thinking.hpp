#pragma once
// How much a model is to think: reasoning_effort, and extra_body.google.thinking_config as Google's
// own chat endpoint has it, as Gemini's thinkingConfig. Pure.
//
// Sources: https://ai.google.dev/gemini-api/docs/thinking and
// https://ai.google.dev/gemini-api/docs/openai#thinking

#include <headgate/json_document.hpp>
#include <headgate/llm/dropped.hpp>
#include <headgate/llm/json_writer.hpp>

#include <optional>

#include "model.hpp"
#include "request.hpp"

namespace headgate_gemini {

// Writes the member of generationConfig where the request says something about thinking.
std::optional<Refusal> write_thinking(const hg::JsonMembers& chat, const Family& family,
                                      hg::llm::JsonWriter& config, hg::llm::Dropped& dropped);

// Whether an answer may begin with thoughts. A model whose name does not say what it can may.
bool may_think(const hg::JsonMembers& chat, const Family& family);

}  // namespace headgate_gemini
