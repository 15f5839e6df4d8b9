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

// usageMetadata; nothing when it is not there. Counts that it lacks are not known. `headgate` is
// set to JSON for the usage's "headgate" if there are counts that the chat format does not have.
std::optional<hg::Usage> read_usage(const hg::JsonMembers& answer, std::string& headgate);

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

// JSON for a choice's logprobs; empty when the candidate has none.
std::string read_logprobs(const hg::JsonMembers& candidate);

// JSON for the answer's "headgate": members that the chat format does not have. Empty: none.
std::string answer_headgate(const hg::JsonMembers& answer);

// What else was said of a candidate: JSON for "extra".
std::string candidate_extra(const hg::JsonMembers& candidate);

// A prompt that was not let through.
bool is_blocked(const hg::JsonMembers& answer);
std::string blocked_message(const hg::JsonMembers& answer);
// JSON for its choice's "headgate".
std::string blocked_headgate(const hg::JsonMembers& answer);

}  // namespace headgate_gemini
