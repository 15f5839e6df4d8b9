#pragma once
// Writing an answer in the neutral form: a chat completion, whole or as chunks of a stream.
// Source: https://platform.openai.com/docs/api-reference/chat/object and .../chat/streaming

#include <headgate/call.hpp>
#include <headgate/llm/json_writer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hg::llm {

// What all objects of one answer share.
struct AnswerHead {
  std::string id;
  std::uint64_t created = 0;  // Unix seconds
  std::string model;
  std::string headgate;  // JSON object for the answer's "headgate"; empty: none
};

// A call that the model makes.
struct CalledTool {
  std::string id;
  std::string name;
  std::string arguments;  // JSON text, as it goes into a string
  std::string extra;      // JSON text for "extra_content"; empty: none
};

inline void write_tool_call(JsonWriter& json, const CalledTool& call,
                            std::optional<std::size_t> index) {
  json.open('{');
  if (index) json.key("index").number(*index);
  json.key("id").quoted(call.id);
  json.key("type").quoted("function");
  json.key("function").open('{');
  json.key("name").quoted(call.name);
  json.key("arguments").quoted(call.arguments);
  json.close('}');
  if (!call.extra.empty()) json.key("extra_content").raw(call.extra);
  json.close('}');
}

// A picture that the model made. `url` is a data: URL or where to find it.
inline void write_image(JsonWriter& json, std::string_view url, std::optional<std::size_t> index) {
  json.open('{');
  if (index) json.key("index").number(*index);
  json.key("type").quoted("image_url");
  json.key("image_url").open('{').key("url").quoted(url).close('}').close('}');
}

// `headgate` is a JSON object for the usage's "headgate", or empty.
inline void write_usage(JsonWriter& json, const Usage& usage, std::string_view headgate = {}) {
  const std::uint64_t input = usage.input.value_or(0);
  const std::uint64_t output = usage.output.value_or(0);
  json.open('{');
  json.key("prompt_tokens").number(input);
  json.key("completion_tokens").number(output);
  json.key("total_tokens").number(input + output);
  json.key("prompt_tokens_details").open('{');
  json.key("cached_tokens").number(usage.cache_read.value_or(0)).close('}');
  json.key("completion_tokens_details").open('{');
  json.key("reasoning_tokens").number(usage.reasoning.value_or(0)).close('}');
  if (!headgate.empty()) json.key("headgate").raw(headgate);
  json.close('}');
}

// One choice of a whole answer.
struct AnswerChoice {
  std::size_t index = 0;
  std::string text;
  bool has_text = false;  // false: the content is null
  std::string reasoning;
  std::string refusal;
  std::vector<CalledTool> tools;
  std::vector<std::string> images;  // URLs
  std::string finish_reason = "stop";
  std::string logprobs;          // JSON object for "logprobs"; empty: null
  std::string message_headgate;  // JSON object for the message's "headgate"; empty: none
  std::string headgate;          // JSON object for the choice's "headgate"; empty: none
};

inline void write_message(JsonWriter& json, const AnswerChoice& choice) {
  json.open('{');
  json.key("role").quoted("assistant");
  json.key("content");
  if (choice.has_text) {
    json.quoted(choice.text);
  } else {
    json.null();
  }
  if (!choice.reasoning.empty()) json.key("reasoning_content").quoted(choice.reasoning);
  json.key("refusal");
  if (choice.refusal.empty()) {
    json.null();
  } else {
    json.quoted(choice.refusal);
  }
  if (!choice.tools.empty()) {
    json.key("tool_calls").open('[');
    for (const CalledTool& call : choice.tools) write_tool_call(json, call, std::nullopt);
    json.close(']');
  }
  if (!choice.images.empty()) {
    json.key("images").open('[');
    for (const std::string& url : choice.images) write_image(json, url, std::nullopt);
    json.close(']');
  }
  if (!choice.message_headgate.empty()) json.key("headgate").raw(choice.message_headgate);
  json.close('}');
}

inline std::string write_answer(const AnswerHead& head, const std::vector<AnswerChoice>& choices,
                                const std::optional<Usage>& usage,
                                std::string_view usage_headgate = {}) {
  std::string out;
  JsonWriter json(out);
  json.open('{');
  json.key("id").quoted(head.id);
  json.key("object").quoted("chat.completion");
  json.key("created").number(head.created);
  json.key("model").quoted(head.model);
  json.key("choices").open('[');
  for (const AnswerChoice& choice : choices) {
    json.open('{');
    json.key("index").number(choice.index);
    write_message(json.key("message"), choice);
    json.key("logprobs").raw(choice.logprobs.empty() ? "null" : choice.logprobs);
    json.key("finish_reason").quoted(choice.finish_reason);
    if (!choice.headgate.empty()) json.key("headgate").raw(choice.headgate);
    json.close('}');
  }
  json.close(']');
  if (usage) write_usage(json.key("usage"), *usage, usage_headgate);
  if (!head.headgate.empty()) json.key("headgate").raw(head.headgate);
  json.close('}');
  return out;
}

// Chunks of a stream, each a whole JSON text for Call::emit. `headgate` is a JSON object for the
// choice's "headgate", or empty.
class ChunkWriter {
 public:
  explicit ChunkWriter(AnswerHead head) : head_(std::move(head)) {}

  AnswerHead& head() { return head_; }

  std::string role(std::size_t choice) const {
    return delta(choice, {}, {}, [](JsonWriter& json) {
      json.key("role").quoted("assistant");
      json.key("content").quoted("");
    });
  }
  // `member` is "content", "reasoning_content" or "refusal"; `logprobs` a JSON object or empty.
  std::string text(std::size_t choice, std::string_view member, std::string_view text,
                   std::string_view logprobs = {}, std::string_view headgate = {}) const {
    return delta(choice, logprobs, headgate,
                 [&](JsonWriter& json) { json.key(member).quoted(text); });
  }
  std::string tool(std::size_t choice, std::size_t index, const CalledTool& call,
                   std::string_view headgate = {}) const {
    return delta(choice, {}, headgate, [&](JsonWriter& json) {
      json.key("tool_calls").open('[');
      write_tool_call(json, call, index);
      json.close(']');
    });
  }
  std::string image(std::size_t choice, std::size_t index, std::string_view url,
                    std::string_view headgate = {}) const {
    return delta(choice, {}, headgate, [&](JsonWriter& json) {
      json.key("images").open('[');
      write_image(json, url, index);
      json.close(']');
    });
  }
  // What the chat format has no member for.
  std::string other(std::size_t choice, std::string_view headgate) const {
    return delta(choice, {}, headgate, [](JsonWriter&) {});
  }
  // `message` is a JSON object for the message's "headgate", or empty.
  std::string finish(std::size_t choice, std::string_view reason, std::string_view headgate = {},
                     std::string_view message = {}) const {
    return chunk([&](JsonWriter& json) {
      json.key("choices").open('[').open('{');
      json.key("index").number(choice);
      json.key("delta").open('{');
      if (!message.empty()) json.key("headgate").raw(message);
      json.close('}');
      json.key("logprobs").null();
      json.key("finish_reason").quoted(reason);
      if (!headgate.empty()) json.key("headgate").raw(headgate);
      json.close('}').close(']');
    });
  }
  // Here `headgate` is the usage's.
  std::string usage(const Usage& usage, std::string_view headgate = {}) const {
    return chunk([&](JsonWriter& json) {
      json.key("choices").open('[').close(']');
      write_usage(json.key("usage"), usage, headgate);
    });
  }

 private:
  template <class Write>
  std::string chunk(Write&& write) const {
    std::string out;
    JsonWriter json(out);
    json.open('{');
    json.key("id").quoted(head_.id);
    json.key("object").quoted("chat.completion.chunk");
    json.key("created").number(head_.created);
    json.key("model").quoted(head_.model);
    write(json);
    if (!head_.headgate.empty()) json.key("headgate").raw(head_.headgate);
    json.close('}');
    return out;
  }
  template <class Write>
  std::string delta(std::size_t choice, std::string_view logprobs, std::string_view headgate,
                    Write&& write) const {
    return chunk([&](JsonWriter& json) {
      json.key("choices").open('[').open('{');
      json.key("index").number(choice);
      json.key("delta").open('{');
      write(json);
      json.close('}');
      json.key("logprobs").raw(logprobs.empty() ? "null" : logprobs);
      json.key("finish_reason").null();
      if (!headgate.empty()) json.key("headgate").raw(headgate);
      json.close('}').close(']');
    });
  }

  AnswerHead head_;
};

}  // namespace hg::llm
