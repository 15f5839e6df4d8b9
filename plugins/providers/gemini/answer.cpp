#include "answer.hpp"

#include "answer_parts.hpp"
#include "part.hpp"

namespace headgate_gemini {
namespace {

using hg::JsonMembers;
using hg::JsonView;
using hg::llm::AnswerChoice;

struct ReadChoice {
  AnswerChoice choice;
  hg::llm::BlockWriter blocks{kOrigin};
  bool said = false;  // anything but thoughts
};

void read_part(const JsonMembers& json, const std::string& id, ReadChoice& out) {
  AnswerPart part = read_answer_part(json);
  AnswerChoice& choice = out.choice;
  std::size_t before = 0;
  switch (part.kind) {
    case PartKind::text:
      before = choice.text.size();
      part.text.append_text(choice.text);
      out.blocks.text(choice.text.size() - before, std::move(part.rest));
      return;
    case PartKind::thinking:
      before = choice.reasoning.size();
      part.text.append_text(choice.reasoning);
      out.blocks.thinking(choice.reasoning.size() - before, std::move(part.rest));
      return;
    case PartKind::tool_call:
      choice.tools.push_back(read_call(json, id, choice.index, choice.tools.size()));
      out.blocks.tool_call(choice.tools.back().id, std::move(part.rest));
      break;
    case PartKind::image:
      choice.images.push_back(std::move(part.url));
      out.blocks.image(std::move(part.rest));
      break;
    case PartKind::other:
      out.blocks.other(part.word, std::move(part.rest));
      break;
  }
  out.said = true;
}

// Nothing where the model broke down.
std::optional<AnswerChoice> read_candidate(const JsonMembers& candidate, std::size_t index,
                                           const std::string& id) {
  ReadChoice read;
  AnswerChoice& choice = read.choice;
  choice.index = index;
  candidate["content"]["parts"].each_element(
      [&](JsonView part) { read_part(JsonMembers(part), id, read); });
  const std::string reason = candidate["finishReason"].text().value_or("");
  if (is_breakdown(reason, read.said || !choice.text.empty())) return std::nullopt;
  // Where it said nothing at all the content is empty, and not null: that is for calls.
  choice.has_text = !choice.text.empty() || choice.tools.empty();
  choice.finish_reason = finish_reason(reason, !choice.tools.empty());
  choice.logprobs = read_logprobs(candidate);
  choice.message_headgate = read.blocks.headgate();
  choice.headgate =
      hg::llm::finish_headgate(choice.finish_reason, reason, candidate_extra(candidate));
  return std::move(read.choice);
}

AnswerChoice refused_prompt(const JsonMembers& answer) {
  AnswerChoice choice;
  choice.finish_reason = "content_filter";
  choice.refusal = blocked_message(answer);
  choice.headgate = blocked_headgate(answer);
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
  std::string usage_headgate;
  out.usage = read_usage(answer, usage_headgate);
  head.headgate = answer_headgate(answer);
  out.body = hg::llm::write_answer(head, choices, out.usage, usage_headgate);
  return out;
}

}  // namespace headgate_gemini
