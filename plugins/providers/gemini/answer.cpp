#include "answer.hpp"

#include "answer_parts.hpp"

namespace headgate_gemini {
namespace {

using hg::JsonMembers;
using hg::JsonView;
using hg::llm::AnswerChoice;

void read_part(const JsonMembers& part, const std::string& id, AnswerChoice& choice) {
  if (part["functionCall"].is_object()) {
    choice.tools.push_back(read_call(part, id, choice.index, choice.tools.size()));
    return;
  }
  const bool thought = part["thought"].boolean().value_or(false);
  part["text"].append_text(thought ? choice.reasoning : choice.text);
  if (thought) return;
  if (std::string url = read_image(part); !url.empty()) choice.images.push_back(std::move(url));
  if (std::string signature = read_signature(part); !signature.empty()) {
    choice.message_extra = std::move(signature);
  }
}

// Nothing where the model broke down.
std::optional<AnswerChoice> read_candidate(const JsonMembers& candidate, std::size_t index,
                                           const std::string& id) {
  AnswerChoice choice;
  choice.index = index;
  candidate["content"]["parts"].each_element(
      [&](JsonView part) { read_part(JsonMembers(part), id, choice); });
  const bool said = !choice.text.empty() || !choice.tools.empty() || !choice.images.empty();
  const std::string reason = candidate["finishReason"].text().value_or("");
  if (is_breakdown(reason, said)) return std::nullopt;
  // Where it said nothing at all the content is empty, and not null: that is for calls.
  choice.has_text = !choice.text.empty() || choice.tools.empty();
  choice.finish_reason = finish_reason(reason, !choice.tools.empty());
  choice.logprobs = read_logprobs(candidate);
  choice.extra = choice_extra(candidate, choice.finish_reason, reason);
  return choice;
}

AnswerChoice refused_prompt(const JsonMembers& answer) {
  AnswerChoice choice;
  choice.finish_reason = "content_filter";
  choice.refusal = blocked_message(answer);
  choice.extra = blocked_extra(answer);
  return choice;
}

}  // namespace

TranslatedAnswer translate_answer(std::string_view body, std::string_view model,
                                  std::uint64_t created) {
  TranslatedAnswer out;
  hg::JsonDocument document;
  if (!document.read(body) || !document.root().is_object()) return out;
  const JsonMembers answer(document.root());
  if (answer["error"].is_object()) return out;
  hg::llm::AnswerHead head;
  const std::string id = answer_id(answer);
  head.id = "chatcmpl-" + id;
  head.created = created;
  head.model = answer["modelVersion"].text().value_or(std::string(model));
  std::vector<AnswerChoice> choices;
  answer["candidates"].each_element([&](JsonView element) {
    const JsonMembers candidate(element);
    const auto index = index_of(candidate);
    if (!index) return;
    auto choice = read_candidate(candidate, *index, id);
    out.broken = out.broken || !choice;
    if (choice) choices.push_back(std::move(*choice));
  });
  if (is_blocked(answer)) choices.push_back(refused_prompt(answer));
  if (out.broken || choices.empty()) return out;
  out.usage = read_usage(answer);
  out.body = hg::llm::write_answer(head, choices, out.usage);
  return out;
}

}  // namespace headgate_gemini
