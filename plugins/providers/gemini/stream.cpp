#include "stream.hpp"

#include <headgate/llm.h>

#include <algorithm>

#include "answer_parts.hpp"

namespace headgate_gemini {

using hg::JsonMembers;
using hg::JsonView;
using hg::llm::choice_headgate;

void StreamTranslator::begin(std::string_view model, std::uint64_t choices, std::uint64_t created) {
  chunks_.head().model = model;
  chunks_.head().created = created;
  choices_wanted_ = choices;
}

// Later events need not repeat what earlier ones said.
void StreamTranslator::note_usage(const hg::Usage& usage) {
  if (!usage_) usage_.emplace();
  if (usage.input) usage_->input = usage.input;
  if (usage.output) usage_->output = usage.output;
  if (usage.reasoning) usage_->reasoning = usage.reasoning;
  if (usage.cache_read) usage_->cache_read = usage.cache_read;
}

hg::EventFlags StreamTranslator::translate(const JsonView& json, std::vector<std::string>& chunks) {
  const JsonMembers event(json);
  if (id_.empty()) {
    id_ = answer_id(event);
    chunks_.head().id = "chatcmpl-" + id_;
    if (auto version = event["modelVersion"].text()) chunks_.head().model = *version;
  }
  hg::EventFlags flags = 0;
  if (const auto usage = read_usage(event, usage_headgate_)) {
    note_usage(*usage);
    flags |= HG_EVENT_USAGE;
  }
  if (std::string more = answer_headgate(event); !more.empty()) {
    chunks_.head().headgate = std::move(more);
  }
  translate_answer(event, flags, chunks);
  if (!chunks.empty()) chunks_.head().headgate.clear();
  return flags == 0 ? static_cast<hg::EventFlags>(HG_EVENT_LIFECYCLE) : flags;
}

void StreamTranslator::translate_answer(const JsonMembers& event, hg::EventFlags& flags,
                                        std::vector<std::string>& out) {
  if (is_blocked(event)) {
    open(0, out).finished = true;
    out.push_back(chunks_.text(0, "refusal", blocked_message(event)));
    out.push_back(chunks_.finish(0, "content_filter", blocked_headgate(event)));
    flags |= HG_EVENT_MEANINGFUL | HG_EVENT_FINAL;
    return;
  }
  event["candidates"].each_element(
      [&](JsonView candidate) { flags |= translate_candidate(JsonMembers(candidate), out); });
  const auto finished = std::count_if(choices_.begin(), choices_.end(),
                                      [](const Choice& one) { return one.finished; });
  if (static_cast<std::uint64_t>(finished) >= choices_wanted_) flags |= HG_EVENT_FINAL;
}

hg::EventFlags StreamTranslator::finish() const {
  bool any = false;
  for (const Choice& choice : choices_) {
    if (choice.begun && !choice.finished) return 0;
    any = any || choice.finished;
  }
  return any ? static_cast<hg::EventFlags>(HG_EVENT_FINAL) : 0;
}

StreamTranslator::Choice& StreamTranslator::open(std::size_t index, std::vector<std::string>& out) {
  if (choices_.size() <= index) choices_.resize(index + 1);
  Choice& choice = choices_[index];
  if (!choice.begun) out.push_back(chunks_.role(index));
  choice.begun = true;
  return choice;
}

hg::EventFlags StreamTranslator::translate_candidate(const JsonMembers& candidate,
                                                     std::vector<std::string>& out) {
  const auto index = index_of(candidate);
  if (!index) return 0;
  hg::EventFlags flags = 0;
  Beside beside{*index, read_logprobs(candidate), candidate_extra(candidate)};
  candidate["content"]["parts"].each_element(
      [&](JsonView part) { flags |= translate_part(JsonMembers(part), beside, out); });
  const auto reason = candidate["finishReason"].text();
  if (reason) {
    const bool said = *index < choices_.size() && choices_[*index].said;
    if (is_breakdown(*reason, said)) {
      broken_ = true;
      return flags;
    }
    Choice& choice = open(*index, out);
    if (choice.finished) return flags;
    choice.finished = true;
    const std::string_view word = finish_reason(*reason, choice.tools > 0);
    out.push_back(chunks_.finish(*index, word,
                                 hg::llm::finish_headgate(word, *reason, beside.extra),
                                 choice.blocks.headgate()));
    return flags | HG_EVENT_MEANINGFUL;
  }
  if (beside.extra.empty()) return flags;
  open(*index, out);
  out.push_back(chunks_.other(*index, choice_headgate(beside.extra, {})));
  return flags;
}

hg::EventFlags StreamTranslator::translate_part(const JsonMembers& json, Beside& beside,
                                                std::vector<std::string>& out) {
  const AnswerPart part = read_answer_part(json);
  if (part.kind != PartKind::tool_call) return say(part, beside, out);
  Choice& choice = open(beside.choice, out);
  choice.said = true;
  const auto call = read_call(json, id_, beside.choice, choice.tools);
  const std::string headgate =
      choice_headgate(beside.extra, choice.blocks.tool_call(call.id, part.rest), part.rest);
  out.push_back(chunks_.tool(beside.choice, choice.tools, call, headgate));
  beside.extra.clear();
  ++choice.tools;
  return HG_EVENT_MEANINGFUL | HG_EVENT_TOOL;
}

hg::EventFlags StreamTranslator::say(const AnswerPart& part, Beside& beside,
                                     std::vector<std::string>& out) {
  const std::string text = part.text.text().value_or("");
  const bool is_said = part.kind == PartKind::text || part.kind == PartKind::thinking;
  if (is_said && text.empty() && part.rest.empty()) return 0;
  Choice& choice = open(beside.choice, out);
  choice.said = true;
  const auto headgate = [&](const hg::llm::BlockMark& mark) {
    std::string made = choice_headgate(beside.extra, mark, part.rest);
    beside.extra.clear();
    return made;
  };
  hg::llm::BlockWriter& blocks = choice.blocks;
  if (part.kind == PartKind::image) {
    out.push_back(
        chunks_.image(beside.choice, choice.images++, part.url, headgate(blocks.image(part.rest))));
  } else if (part.kind == PartKind::other) {
    out.push_back(chunks_.other(beside.choice, headgate(blocks.other(part.word, part.rest))));
  } else if (part.kind == PartKind::thinking) {
    const std::string mark = headgate(blocks.thinking(text.size(), part.rest));
    out.push_back(chunks_.text(beside.choice, "reasoning_content", text, {}, mark));
  } else {
    const std::string mark = headgate(blocks.text(text.size(), part.rest));
    out.push_back(text.empty()
                      ? chunks_.other(beside.choice, mark)
                      : chunks_.text(beside.choice, "content", text, beside.logprobs, mark));
    if (text.empty()) return 0;  // a signature by itself says nothing yet
    beside.logprobs.clear();     // they are of the whole event
  }
  return HG_EVENT_MEANINGFUL;
}

}  // namespace headgate_gemini
