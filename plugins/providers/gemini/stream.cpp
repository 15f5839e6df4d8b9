#include "stream.hpp"

#include <headgate/llm.h>

#include <algorithm>

#include "answer_parts.hpp"

namespace headgate_gemini {

using hg::JsonMembers;
using hg::JsonView;

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
  if (const auto usage = read_usage(event)) {
    note_usage(*usage);
    flags |= HG_EVENT_USAGE;
  }
  if (is_blocked(event)) {
    open(0, chunks);
    chunks.push_back(chunks_.text(0, "refusal", blocked_message(event)));
    chunks.push_back(chunks_.finish(0, "content_filter", blocked_extra(event)));
    choices_[0].finished = true;
    return flags | HG_EVENT_MEANINGFUL | HG_EVENT_FINAL;
  }
  event["candidates"].each_element(
      [&](JsonView candidate) { flags |= translate_candidate(JsonMembers(candidate), chunks); });
  const auto finished = std::count_if(choices_.begin(), choices_.end(),
                                      [](const Choice& one) { return one.finished; });
  if (static_cast<std::uint64_t>(finished) >= choices_wanted_) flags |= HG_EVENT_FINAL;
  return flags == 0 ? static_cast<hg::EventFlags>(HG_EVENT_LIFECYCLE) : flags;
}

hg::EventFlags StreamTranslator::finish() const {
  bool any = false;
  for (const Choice& choice : choices_) {
    if (choice.begun && !choice.finished) return 0;
    any = any || choice.finished;
  }
  return any ? static_cast<hg::EventFlags>(HG_EVENT_FINAL) : 0;
}

void StreamTranslator::open(std::size_t index, std::vector<std::string>& out) {
  if (choices_.size() <= index) choices_.resize(index + 1);
  if (choices_[index].begun) return;
  choices_[index].begun = true;
  out.push_back(chunks_.role(index));
}

hg::EventFlags StreamTranslator::translate_candidate(const JsonMembers& candidate,
                                                     std::vector<std::string>& out) {
  const auto index = index_of(candidate);
  if (!index) return 0;
  hg::EventFlags flags = 0;
  std::string logprobs = read_logprobs(candidate);
  candidate["content"]["parts"].each_element(
      [&](JsonView part) { flags |= translate_part(JsonMembers(part), *index, logprobs, out); });
  const auto reason = candidate["finishReason"].text();
  if (!reason) return flags;
  const bool begun = *index < choices_.size() && choices_[*index].begun;
  if (is_breakdown(*reason, begun)) {
    broken_ = true;
    return flags;
  }
  open(*index, out);
  Choice& choice = choices_[*index];
  if (choice.finished) return flags;
  choice.finished = true;
  const std::string_view word = finish_reason(*reason, choice.tools > 0);
  out.push_back(chunks_.finish(*index, word, choice_extra(candidate, word, *reason)));
  return flags | HG_EVENT_MEANINGFUL;
}

hg::EventFlags StreamTranslator::translate_part(const JsonMembers& part, std::size_t index,
                                                std::string& logprobs,
                                                std::vector<std::string>& out) {
  if (part["functionCall"].is_object()) {
    open(index, out);
    Choice& choice = choices_[index];
    out.push_back(chunks_.tool(index, choice.tools, read_call(part, id_, index, choice.tools)));
    ++choice.tools;
    return HG_EVENT_MEANINGFUL | HG_EVENT_TOOL;
  }
  hg::EventFlags flags = 0;
  const bool thought = part["thought"].boolean().value_or(false);
  if (const auto text = part["text"].text(); text && !text->empty()) {
    open(index, out);
    out.push_back(thought ? chunks_.text(index, "reasoning_content", *text)
                          : chunks_.text(index, "content", *text, logprobs));
    if (!thought) logprobs.clear();  // they are of the whole event
    flags |= HG_EVENT_MEANINGFUL;
  }
  if (thought) return flags;
  if (const std::string url = read_image(part); !url.empty()) {
    open(index, out);
    out.push_back(chunks_.image(index, url));
    flags |= HG_EVENT_MEANINGFUL;
  }
  if (const std::string signature = read_signature(part); !signature.empty()) {
    open(index, out);
    out.push_back(chunks_.extra(index, signature));
  }
  return flags;
}

}  // namespace headgate_gemini
