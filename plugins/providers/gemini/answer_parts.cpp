#include "answer_parts.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "messages.hpp"
#include "part.hpp"

namespace headgate_gemini {
namespace {

using hg::JsonMembers;
using hg::JsonView;
using hg::llm::JsonWriter;

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// FNV-1a: the same answer must give the same ids, whoever translates it.
std::string hash_of(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += kHex[hash >> shift & 15];
  return out;
}

// The name under which Google's own chat endpoint has it; clients send it back as they got it.
std::string signature_extra(const JsonMembers& part) {
  const JsonView signature = part["thoughtSignature"];
  if (!signature.is_string() || signature.equals("")) return {};
  return "{\"google\":{\"thought_signature\":" + std::string(signature.raw()) + "}}";
}

std::string as_extra(const std::string& members) {
  return members.empty() ? members : "{\"extra\":" + members + "}";
}

void write_token(JsonWriter& json, const JsonView& candidate) {
  json.key("token").quoted(candidate["token"].text().value_or(""));
  json.key("logprob");
  const JsonView value = candidate["logProbability"];
  json.raw(value.is_number() ? value.raw() : "0");
  json.key("bytes").null();
}

}  // namespace

std::optional<hg::Usage> read_usage(const JsonMembers& answer, std::string& headgate) {
  const JsonView metadata = answer["usageMetadata"];
  if (!metadata.is_object()) return std::nullopt;
  const JsonMembers counts(metadata);
  const auto sum = [&](std::string_view one, std::string_view two) {
    const auto first = counts[one].unsigned_integer();
    const auto second = counts[two].unsigned_integer();
    if (!first && !second) return std::optional<std::uint64_t>();
    return std::optional<std::uint64_t>(first.value_or(0) + second.value_or(0));
  };
  hg::Usage usage;
  usage.input = sum("promptTokenCount", "toolUsePromptTokenCount");
  usage.output = sum("candidatesTokenCount", "thoughtsTokenCount");
  usage.reasoning = counts["thoughtsTokenCount"].unsigned_integer();
  usage.cache_read = counts["cachedContentTokenCount"].unsigned_integer();
  std::string more = further_members(counts, [](std::string_view name) {
    return name == "promptTokenCount" || name == "candidatesTokenCount" ||
           name == "totalTokenCount" || name == "thoughtsTokenCount" ||
           name == "cachedContentTokenCount";
  });
  if (!more.empty()) headgate = as_extra(more);
  return usage;
}

// https://ai.google.dev/api/generate-content#FinishReason
std::string_view finish_reason(std::string_view gemini, bool called_tools) {
  static constexpr std::array<std::string_view, 11> kFiltered = {"SAFETY",
                                                                 "RECITATION",
                                                                 "LANGUAGE",
                                                                 "BLOCKLIST",
                                                                 "SPII",
                                                                 "PROHIBITED_CONTENT",
                                                                 "IMAGE_SAFETY",
                                                                 "MODEL_ARMOR",
                                                                 "IMAGE_PROHIBITED_CONTENT",
                                                                 "ESCALATION",
                                                                 "IMAGE_RECITATION"};
  if (gemini == "MAX_TOKENS") return "length";
  if (is_one_of(kFiltered, gemini)) return "content_filter";
  return called_tools ? "tool_calls" : "stop";
}

bool is_breakdown(std::string_view gemini, bool said) {
  static constexpr std::array<std::string_view, 5> kBroken = {
      "MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL",
      "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE"};
  if (is_one_of(kBroken, gemini)) return true;
  // An empty answer that ended in order is one; of all other words for "stop" it is not.
  return !said && gemini != "STOP" && finish_reason(gemini, false) == "stop";
}

std::string answer_id(const JsonMembers& answer) {
  constexpr std::size_t kIdMax = 24;  // some vendors take ids of calls of 40 bytes at most
  const auto own = answer["responseId"].text();
  if (own && !own->empty()) return own->substr(0, kIdMax);
  return hash_of(answer.object().raw());
}

std::optional<std::size_t> index_of(const JsonMembers& candidate) {
  const std::uint64_t index = candidate["index"].unsigned_integer().value_or(0);
  if (index >= kChoicesMax) return std::nullopt;
  return static_cast<std::size_t>(index);
}

hg::llm::CalledTool read_call(const JsonMembers& part, const std::string& answer_id,
                              std::size_t choice, std::size_t index) {
  const JsonView function = part["functionCall"];
  hg::llm::CalledTool call;
  call.name = function["name"].text().value_or("");
  if (function["args"].is_object()) {
    hg::llm::append_compact(call.arguments, function["args"].raw());
  } else {
    call.arguments = "{}";
  }
  call.id = function["id"].text().value_or("");
  if (call.id.empty()) {
    call.id = std::string(kOwnCallId) + answer_id + "_" + std::to_string(choice) + "_" +
              std::to_string(index);
  }
  call.extra = signature_extra(part);
  return call;
}

std::string read_logprobs(const JsonMembers& candidate) {
  const JsonView result = candidate["logprobsResult"];
  const JsonView chosen = result["chosenCandidates"];
  if (!chosen.is_array()) return {};
  std::vector<JsonView> top;
  result["topCandidates"].each_element([&](JsonView step) { top.push_back(step["candidates"]); });
  std::string out;
  JsonWriter json(out);
  json.open('{').key("content").open('[');
  std::size_t step = 0;
  chosen.each_element([&](JsonView token) {
    json.open('{');
    write_token(json, token);
    json.key("top_logprobs").open('[');
    if (step < top.size()) {
      top[step].each_element([&](JsonView other) {
        json.open('{');
        write_token(json, other);
        json.close('}');
      });
    }
    json.close(']').close('}');
    ++step;
  });
  json.close(']').key("refusal").null().close('}');
  return out;
}

std::string answer_headgate(const JsonMembers& answer) {
  // That of a blocked prompt is told with the choice that says so.
  const bool blocked = is_blocked(answer);
  return as_extra(further_members(answer, [blocked](std::string_view name) {
    return name == "candidates" || name == "usageMetadata" || name == "modelVersion" ||
           name == "responseId" || (blocked && name == "promptFeedback");
  }));
}

std::string candidate_extra(const JsonMembers& candidate) {
  return further_members(candidate, [](std::string_view name) {
    return name == "content" || name == "finishReason" || name == "index" ||
           name == "logprobsResult";
  });
}

bool is_blocked(const JsonMembers& answer) {
  return answer["promptFeedback"]["blockReason"].is_string() && answer["candidates"].empty();
}

std::string blocked_message(const JsonMembers& answer) {
  const JsonView feedback = answer["promptFeedback"];
  const auto message = feedback["blockReasonMessage"].text();
  if (message && !message->empty()) return *message;
  return "The prompt was blocked (" + feedback["blockReason"].text().value_or("unknown") + ")";
}

std::string blocked_headgate(const JsonMembers& answer) {
  const JsonMembers feedback(answer["promptFeedback"]);
  const std::string extra = further_members(feedback, [](std::string_view name) {
    return name == "blockReason" || name == "blockReasonMessage";
  });
  return hg::llm::finish_headgate("content_filter", feedback["blockReason"].text().value_or(""),
                                  extra);
}

}  // namespace headgate_gemini
