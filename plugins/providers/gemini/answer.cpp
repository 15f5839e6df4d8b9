#include "answer.hpp"

#include <headgate/llm.h>

#include <algorithm>

namespace headgate_gemini {
namespace {

using hg::JsonView;

// More candidates than that are not an answer to anything that was asked.
constexpr std::size_t kChoicesMax = 64;

hg::llm::CalledTool read_call(const JsonView& part, const std::string& answer_id,
                              std::size_t choice, std::size_t index) {
  const JsonView function = part["functionCall"];
  hg::llm::CalledTool call;
  call.name = function["name"].text().value_or("");
  call.arguments = function["args"].exists() ? std::string(function["args"].raw()) : "{}";
  // Gemini mostly gives no id; clients need one, and the same answer must give the same.
  call.id = function["id"].text().value_or("call_" + answer_id + "_" + std::to_string(choice) +
                                           "_" + std::to_string(index));
  const JsonView signature = part["thoughtSignature"];
  if (signature.is_string()) {
    // The name under which Google's own chat endpoint has it; clients send it back with the call.
    call.extra = "{\"google\":{\"thought_signature\":" + std::string(signature.raw()) + "}}";
  }
  return call;
}

std::size_t index_of(const JsonView& candidate) {
  return static_cast<std::size_t>(candidate["index"].unsigned_integer().value_or(0));
}

std::string blocked_message(const JsonView& answer) {
  const JsonView feedback = answer["promptFeedback"];
  const auto message = feedback["blockReasonMessage"].text();
  if (message && !message->empty()) return *message;
  return "The prompt was blocked (" + feedback["blockReason"].text().value_or("unknown") + ")";
}

bool is_blocked(const JsonView& answer) {
  return answer["promptFeedback"]["blockReason"].is_string() && answer["candidates"].size() == 0;
}

hg::llm::AnswerChoice read_candidate(const JsonView& candidate, const std::string& answer_id) {
  hg::llm::AnswerChoice choice;
  choice.index = index_of(candidate);
  candidate["content"]["parts"].each_element([&](JsonView part) {
    if (part["functionCall"].is_object()) {
      choice.tools.push_back(read_call(part, answer_id, choice.index, choice.tools.size()));
    } else if (part["text"].is_string()) {
      const bool thought = part["thought"].boolean().value_or(false);
      part["text"].append_text(thought ? choice.reasoning : choice.text);
      choice.has_text = choice.has_text || !thought;
    }
  });
  const std::string reason = candidate["finishReason"].text().value_or("STOP");
  choice.finish_reason = finish_reason(reason, !choice.tools.empty());
  choice.extra = "{\"stop\":{\"reason\":\"" + choice.finish_reason + "\",\"raw\":";
  hg::llm::append_quoted(choice.extra, reason);
  choice.extra += "}}";
  return choice;
}

}  // namespace

std::optional<hg::Usage> read_usage(const JsonView& answer) {
  const JsonView counts = answer["usageMetadata"];
  if (!counts.is_object()) return std::nullopt;
  const auto count = [&](std::string_view name) { return counts[name].unsigned_integer(); };
  hg::Usage usage;
  usage.input =
      count("promptTokenCount").value_or(0) + count("toolUsePromptTokenCount").value_or(0);
  usage.reasoning = count("thoughtsTokenCount");
  usage.output = count("candidatesTokenCount").value_or(0) + usage.reasoning.value_or(0);
  usage.cache_read = count("cachedContentTokenCount");
  return usage;
}

// https://ai.google.dev/api/generate-content#FinishReason
std::string_view finish_reason(std::string_view gemini, bool called_tools) {
  if (gemini == "MAX_TOKENS") return "length";
  for (const std::string_view blocked : {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT",
                                         "SPII", "IMAGE_SAFETY", "LANGUAGE"}) {
    if (gemini == blocked) return "content_filter";
  }
  return called_tools ? "tool_calls" : "stop";
}

std::optional<std::string> translate_answer(std::string_view body, std::string_view model,
                                            std::uint64_t created) {
  const JsonView answer(body);
  if (!JsonView::valid(body) || !answer.is_object()) return std::nullopt;
  if (!answer["candidates"].is_array() && !is_blocked(answer)) return std::nullopt;
  hg::llm::AnswerHead head;
  const std::string id = answer["responseId"].text().value_or("gemini");
  head.id = "chatcmpl-" + id;
  head.created = created;
  head.model = answer["modelVersion"].text().value_or(std::string(model));
  std::vector<hg::llm::AnswerChoice> choices;
  answer["candidates"].each_element(
      [&](JsonView candidate) { choices.push_back(read_candidate(candidate, id)); });
  if (choices.empty()) {
    hg::llm::AnswerChoice refused;
    refused.finish_reason = "content_filter";
    refused.refusal = blocked_message(answer);
    choices.push_back(std::move(refused));
  }
  return hg::llm::write_answer(head, choices, read_usage(answer));
}

StreamTranslator::StreamTranslator(std::string_view model, std::uint64_t created)
    : chunks_(hg::llm::AnswerHead{"", created, std::string(model)}) {}

StreamTranslator::Choice& StreamTranslator::choice(std::size_t index) {
  index = std::min(index, kChoicesMax - 1);
  if (choices_.size() <= index) choices_.resize(index + 1);
  return choices_[index];
}

hg::EventFlags StreamTranslator::translate(const JsonView& event,
                                           std::vector<std::string>& chunks) {
  if (chunks_.head().id.empty()) {
    chunks_.head().id = "chatcmpl-" + event["responseId"].text().value_or("gemini");
    if (auto version = event["modelVersion"].text()) chunks_.head().model = *version;
  }
  hg::EventFlags flags = 0;
  if (auto usage = read_usage(event)) {
    usage_ = usage;
    flags |= HG_EVENT_USAGE;
  }
  if (is_blocked(event)) {
    chunks.push_back(chunks_.role(0));
    chunks.push_back(chunks_.text(0, "refusal", blocked_message(event)));
    chunks.push_back(chunks_.finish(0, "content_filter"));
    return flags | HG_EVENT_MEANINGFUL | HG_EVENT_FINAL;
  }
  event["candidates"].each_element(
      [&](JsonView candidate) { flags |= translate_candidate(candidate, chunks); });
  const bool all_finished =
      !choices_.empty() &&
      std::all_of(choices_.begin(), choices_.end(), [](const Choice& one) { return one.finished; });
  if (all_finished) flags |= HG_EVENT_FINAL;
  return flags == 0 ? static_cast<hg::EventFlags>(HG_EVENT_LIFECYCLE) : flags;
}

hg::EventFlags StreamTranslator::translate_candidate(const JsonView& candidate,
                                                     std::vector<std::string>& out) {
  hg::EventFlags flags = 0;
  const std::size_t index = std::min(index_of(candidate), kChoicesMax - 1);
  Choice& state = choice(index);
  const auto begin = [&] {
    if (!state.begun) out.push_back(chunks_.role(index));
    state.begun = true;
  };
  candidate["content"]["parts"].each_element([&](JsonView part) {
    if (part["functionCall"].is_object()) {
      begin();
      const auto call = read_call(part, chunks_.head().id, index, state.tools);
      out.push_back(chunks_.tool(index, state.tools++, call));
      flags |= HG_EVENT_MEANINGFUL | HG_EVENT_TOOL;
      return;
    }
    const auto text = part["text"].text();
    if (!text || text->empty()) return;
    begin();
    const bool thought = part["thought"].boolean().value_or(false);
    out.push_back(chunks_.text(index, thought ? "reasoning_content" : "content", *text));
    flags |= HG_EVENT_MEANINGFUL;
  });
  if (const auto reason = candidate["finishReason"].text()) {
    begin();
    out.push_back(chunks_.finish(index, finish_reason(*reason, state.tools > 0)));
    state.finished = true;
    flags |= HG_EVENT_MEANINGFUL;
  }
  return flags;
}

}  // namespace headgate_gemini
