// The OpenAI format: chat completions, responses, embeddings, models, errors.

#include "tests/tools/upstream-sim/answer.hpp"

namespace sim {
namespace {

constexpr std::string_view kCreated = "1700000000";

std::string chat_usage(const Facts& facts, const Behaviour& behaviour) {
  const std::int64_t prompt = prompt_tokens(facts, behaviour);
  return "{\"prompt_tokens\":" + std::to_string(prompt) +
         ",\"completion_tokens\":" + std::to_string(behaviour.tokens) +
         ",\"total_tokens\":" + std::to_string(prompt + behaviour.tokens) +
         ",\"prompt_tokens_details\":{\"cached_tokens\":0},"
         "\"completion_tokens_details\":{\"reasoning_tokens\":0}}";
}

std::string_view finish_reason(const Facts& facts, const Behaviour& behaviour) {
  if (!behaviour.finish.empty()) return behaviour.finish;
  if (behaviour.safety_block) return "content_filter";
  return facts.tool_calls.empty() ? "stop" : "tool_calls";
}

std::string call_id(std::size_t index) {
  return "call_sim_" + std::to_string(index);
}

std::string tool_calls_json(const Facts& facts) {
  std::string out = "[";
  for (std::size_t i = 0; i < facts.tool_calls.size(); ++i) {
    const ToolCall& call = facts.tool_calls[i];
    if (i > 0) out += ',';
    out += "{\"id\":" + quoted(call_id(i)) +
           ",\"type\":\"function\",\"function\":{\"name\":" + quoted(call.name) +
           ",\"arguments\":" + quoted(call.arguments) + "}}";
  }
  return out + "]";
}

Answer whole_chat(const Facts& facts, const Behaviour& behaviour, const AnswerText& text) {
  Answer answer;
  answer.body = "{\"id\":\"chatcmpl-sim\",\"object\":\"chat.completion\",\"created\":";
  answer.body += kCreated;
  answer.body += ",\"model\":" + quoted(answered_model(facts, behaviour)) +
                 ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":";
  if (facts.tool_calls.empty()) {
    answer.body += quoted(text.whole()) + ",\"refusal\":null";
  } else {
    answer.body += "null,\"tool_calls\":" + tool_calls_json(facts) + ",\"refusal\":null";
  }
  answer.body +=
      "},\"logprobs\":null,\"finish_reason\":" + quoted(finish_reason(facts, behaviour)) + "}]";
  if (!behaviour.no_usage) answer.body += ",\"usage\":" + chat_usage(facts, behaviour);
  answer.body += ",\"system_fingerprint\":\"fp_sim\"}";
  return answer;
}

// One chunk of a stream: `choices` is its JSON, `usage` "" for none.
std::string chat_chunk(std::string_view quoted_model, std::string_view choices,
                       std::string_view usage) {
  std::string out =
      "data: {\"id\":\"chatcmpl-sim\",\"object\":\"chat.completion.chunk\",\"created\":";
  out += kCreated;
  out += ",\"model\":";
  out += quoted_model;
  out += ",\"system_fingerprint\":\"fp_sim\",\"choices\":";
  out += choices;
  if (!usage.empty()) {
    out += ",\"usage\":";
    out += usage;
  }
  out += "}\n\n";
  return out;
}

std::string choice(std::string_view delta, std::string_view quoted_finish) {
  std::string out = "[{\"index\":0,\"delta\":";
  out += delta;
  out += ",\"logprobs\":null,\"finish_reason\":";
  out += quoted_finish;
  out += "}]";
  return out;
}

std::vector<std::string> tool_deltas(const Facts& facts) {
  std::vector<std::string> deltas;
  constexpr std::size_t kPieces = 3;
  for (std::size_t i = 0; i < facts.tool_calls.size(); ++i) {
    const ToolCall& call = facts.tool_calls[i];
    const std::string index = std::to_string(i);
    deltas.push_back("{\"tool_calls\":[{\"index\":" + index + ",\"id\":" + quoted(call_id(i)) +
                     ",\"type\":\"function\",\"function\":{\"name\":" + quoted(call.name) +
                     ",\"arguments\":\"\"}}]}");
    const std::size_t size = call.arguments.size() / kPieces + 1;
    for (std::size_t at = 0; at < call.arguments.size(); at += size) {
      deltas.push_back("{\"tool_calls\":[{\"index\":" + index + ",\"function\":{\"arguments\":" +
                       quoted(std::string_view(call.arguments).substr(at, size)) + "}}]}");
    }
  }
  return deltas;
}

Answer streamed_chat(const Facts& facts, const Behaviour& behaviour, const AnswerText& text) {
  Answer answer;
  answer.is_stream = true;
  answer.content_type = "text/event-stream; charset=utf-8";
  const std::string model = quoted(answered_model(facts, behaviour));
  const bool usage = facts.include_usage && !behaviour.no_usage;
  const std::string_view no_usage_yet = usage ? "null" : "";

  answer.events.push_back(
      {EventKind::opening,
       chat_chunk(model,
                  choice("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", "null"),
                  no_usage_yet)});
  std::vector<std::string> deltas = tool_deltas(facts);
  if (deltas.empty()) {
    for (const std::string& piece : text.pieces) {
      deltas.push_back("{\"content\":" + quoted(piece) + "}");
    }
  }
  for (const std::string& delta : deltas) {
    answer.events.push_back(
        {EventKind::token, chat_chunk(model, choice(delta, "null"), no_usage_yet)});
  }
  answer.events.push_back(
      {EventKind::closing,
       chat_chunk(model, choice("{}", quoted(finish_reason(facts, behaviour))), no_usage_yet)});
  if (usage) {
    answer.events.push_back(
        {EventKind::closing, chat_chunk(model, "[]", chat_usage(facts, behaviour))});
  }
  if (!behaviour.no_done) answer.events.push_back({EventKind::closing, "data: [DONE]\n\n"});
  add_event_faults(answer.events, behaviour,
                   openai_error(500, behaviour.error_code, behaviour.error_message));
  return answer;
}

std::string response_object(const Facts& facts, const Behaviour& behaviour, const AnswerText& text,
                            bool completed) {
  const std::int64_t prompt = prompt_tokens(facts, behaviour);
  std::string out = "{\"id\":\"resp_sim\",\"object\":\"response\",\"created_at\":";
  out += kCreated;
  out += ",\"status\":";
  out += completed ? "\"completed\"" : "\"in_progress\"";
  out +=
      ",\"error\":null,\"incomplete_details\":null,\"instructions\":null,\"metadata\":{},"
      "\"parallel_tool_calls\":true,\"temperature\":1.0,\"tool_choice\":\"auto\",\"tools\":[],"
      "\"top_p\":1.0,\"model\":" +
      quoted(answered_model(facts, behaviour)) + ",\"output\":[";
  if (completed) {
    out +=
        "{\"type\":\"message\",\"id\":\"msg_sim\",\"status\":\"completed\",\"role\":"
        "\"assistant\",\"content\":[{\"type\":\"output_text\",\"annotations\":[],\"text\":" +
        quoted(text.whole()) + "}]}";
  }
  out += "]";
  if (completed && !behaviour.no_usage) {
    out += ",\"usage\":{\"input_tokens\":" + std::to_string(prompt) +
           ",\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":" +
           std::to_string(behaviour.tokens) +
           ",\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":" +
           std::to_string(prompt + behaviour.tokens) + "}";
  }
  return out + "}";
}

Event response_event(EventKind kind, std::string_view type, std::size_t number,
                     const std::string& fields) {
  std::string bytes = "event: ";
  bytes += type;
  bytes += "\ndata: {\"type\":\"";
  bytes += type;
  bytes += "\",\"sequence_number\":" + std::to_string(number) + "," + fields + "}\n\n";
  return {kind, std::move(bytes)};
}

}  // namespace

std::string openai_error(std::int64_t status, std::string_view code, std::string_view message) {
  std::string_view type = "invalid_request_error";
  if (status == 429) type = "rate_limit_error";
  if (status >= 500) type = "server_error";
  std::string text(message);
  if (text.empty()) text = "The simulator answers " + std::to_string(status) + ".";
  std::string out = "{\"error\":{\"message\":" + quoted(text) + ",\"type\":\"";
  out += type;
  out += "\",\"param\":null,\"code\":";
  out += code.empty() ? std::string("null") : quoted(code);
  return out + "}}";
}

Answer answer_chat(const Facts& facts, const Behaviour& behaviour, const AnswerText& text) {
  return facts.stream ? streamed_chat(facts, behaviour, text) : whole_chat(facts, behaviour, text);
}

Answer answer_responses(const Facts& facts, const Behaviour& behaviour, const AnswerText& text) {
  Answer answer;
  if (!facts.stream) {
    answer.body = response_object(facts, behaviour, text, true);
    return answer;
  }
  answer.is_stream = true;
  answer.content_type = "text/event-stream; charset=utf-8";
  std::size_t number = 0;
  answer.events.push_back(
      response_event(EventKind::opening, "response.created", number++,
                     "\"response\":" + response_object(facts, behaviour, text, false)));
  for (const std::string& piece : text.pieces) {
    answer.events.push_back(response_event(EventKind::token, "response.output_text.delta", number++,
                                           "\"item_id\":\"msg_sim\",\"output_index\":0,\"content_"
                                           "index\":0,\"logprobs\":[],\"delta\":" +
                                               quoted(piece)));
  }
  answer.events.push_back(
      response_event(EventKind::closing, "response.completed", number++,
                     "\"response\":" + response_object(facts, behaviour, text, true)));
  return answer;
}

Answer answer_embeddings(const Facts& facts, const Behaviour& behaviour) {
  // Eight times the float 0.5, as numbers or as base64 of their little-endian bytes.
  const std::string_view vector = facts.base64 ? "\"AAAAPwAAAD8AAAA/AAAAPwAAAD8AAAA/AAAAPwAAAD8=\""
                                               : "[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]";
  Answer answer;
  answer.body = "{\"object\":\"list\",\"data\":[";
  for (std::int64_t i = 0; i < facts.inputs; ++i) {
    if (i > 0) answer.body += ',';
    answer.body += "{\"object\":\"embedding\",\"index\":" + std::to_string(i) + ",\"embedding\":";
    answer.body += vector;
    answer.body += '}';
  }
  const std::string prompt = std::to_string(prompt_tokens(facts, behaviour));
  answer.body += "],\"model\":" + quoted(answered_model(facts, behaviour)) +
                 ",\"usage\":{\"prompt_tokens\":" + prompt + ",\"total_tokens\":" + prompt + "}}";
  return answer;
}

Answer answer_models(const Facts& facts, const Identity& identity) {
  const auto model = [&identity](std::string_view id) {
    std::string out = "{\"id\":" + quoted(id) + ",\"object\":\"model\",\"created\":";
    out += kCreated;
    return out + ",\"owned_by\":" + quoted(identity.name) + "}";
  };
  Answer answer;
  if (!facts.model.empty()) {
    answer.body = model(facts.model);
  } else {
    answer.body = "{\"object\":\"list\",\"data\":[" + model("sim-model") + "," +
                  model("sim-model-mini") + "]}";
  }
  return answer;
}

}  // namespace sim
