#pragma once
// What whole answers and streams of Gemini have in common, in the neutral form. Pure.
// Source: https://ai.google.dev/api/generate-content#v1beta.Candidate

#include <headgate/call.hpp>
#include <headgate/json_document.hpp>
#include <headgate/llm/chat_answer.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace headgate_gemini {

// More candidates than that are not an answer to anything that was asked.
inline constexpr std::size_t kChoicesMax = 64;

// usageMetadata; nothing when it is not there. Counts that it lacks are not known.
std::optional<hg::Usage> read_usage(const hg::JsonMembers& answer);

// The chat word for a finishReason.
std::string_view finish_reason(std::string_view gemini, bool called_tools);

// Whether the model broke down instead of answering. `said` is whether anything came before.
bool is_breakdown(std::string_view gemini, bool said);

// What an answer and its calls are named after. Gemini's own responseId, else a hash of the text.
std::string answer_id(const hg::JsonMembers& answer);

// The candidate's place; nothing when it is beyond all bounds.
std::optional<std::size_t> index_of(const hg::JsonMembers& candidate);

hg::llm::CalledTool read_call(const hg::JsonMembers& part, const std::string& answer_id,
                              std::size_t choice, std::size_t index);

// A data: URL; empty when the part holds no bytes.
std::string read_image(const hg::JsonMembers& part);

// JSON for extra_content; empty when the part has no signature.
std::string read_signature(const hg::JsonMembers& part);

// JSON for a choice's logprobs; empty when the candidate has none.
std::string read_logprobs(const hg::JsonMembers& candidate);

// JSON for a choice's "headgate": why it stopped, in Gemini's own word, and what else was said of
// it that the chat format has no place for.
std::string choice_extra(const hg::JsonMembers& candidate, std::string_view reason,
                         std::string_view gemini);

// A prompt that was not let through.
bool is_blocked(const hg::JsonMembers& answer);
std::string blocked_message(const hg::JsonMembers& answer);
std::string blocked_extra(const hg::JsonMembers& answer);

}  // namespace headgate_gemini
