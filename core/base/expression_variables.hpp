#pragma once
// The variables that expressions of the engine's own settings may use, by place. The names are
// those of the reference system where it has one. Who evaluates an expression says what they are;
// docs: docs/expressions.md. [any]

#include <headgate/expression/program.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace headgate::variables {

using hg::expression::Type;
using hg::expression::Variable;

enum Id : std::uint32_t {
  request_method,
  request_path,
  request_uri,
  request_host,
  request_headers,
  response,
  response_code,
  response_headers,
  source_address,
  source_port,
  backend_name,
  llm,
  llm_request_model,
  llm_response_model,
  llm_provider,
  llm_streaming,
  llm_input_tokens,
  llm_output_tokens,
  llm_total_tokens,
  llm_cached_tokens,
  llm_reasoning_tokens,
  log_listener,
  log_route,
  log_endpoint,
  log_attempts,
  log_error,
  log_request_id,
  log_duration,
  log_first_token,
  log_held,
  log_attributes,
};

// `retry.precondition`: what the client asked, as policies left it.
inline constexpr Variable kOfRequest[] = {
    {"request.method", Type::text, request_method},
    {"request.path", Type::text, request_path},
    {"request.uri", Type::text, request_uri},
    {"request.host", Type::text, request_host},
    {"request.headers", Type::map, request_headers},
    {"backend.name", Type::text, backend_name},
    {"llm", Type::group, llm},
    {"llm.requestModel", Type::text, llm_request_model},
    {"llm.streaming", Type::boolean, llm_streaming},
};

// `retry.condition`: the same and the answer at hand.
inline constexpr auto kOfAnswer = [] {
  constexpr Variable kAnswer[] = {
      {"response", Type::group, response},
      {"response.code", Type::integer, response_code},
      {"response.headers", Type::map, response_headers},
  };
  std::array<Variable, std::size(kOfRequest) + std::size(kAnswer)> all{};
  std::ranges::copy(kAnswer, std::ranges::copy(kOfRequest, all.begin()).out);
  return all;
}();

// `logging`: what is known of a request that is over.
inline constexpr Variable kOfLog[] = {
    {"request.method", Type::text, request_method},
    {"request.path", Type::text, request_path},
    {"request.uri", Type::text, request_uri},
    {"request.host", Type::text, request_host},
    {"request.headers", Type::map, request_headers},
    {"response", Type::group, response},
    {"response.code", Type::integer, response_code},
    {"source.address", Type::text, source_address},
    {"source.port", Type::integer, source_port},
    {"backend.name", Type::text, backend_name},
    {"llm", Type::group, llm},
    {"llm.requestModel", Type::text, llm_request_model},
    {"llm.responseModel", Type::text, llm_response_model},
    {"llm.provider", Type::text, llm_provider},
    {"llm.streaming", Type::boolean, llm_streaming},
    {"llm.inputTokens", Type::integer, llm_input_tokens},
    {"llm.outputTokens", Type::integer, llm_output_tokens},
    {"llm.totalTokens", Type::integer, llm_total_tokens},
    {"llm.cachedInputTokens", Type::integer, llm_cached_tokens},
    {"llm.reasoningTokens", Type::integer, llm_reasoning_tokens},
    {"headgate.listener", Type::text, log_listener},
    {"headgate.route", Type::text, log_route},
    {"headgate.endpoint", Type::text, log_endpoint},
    {"headgate.attempts", Type::integer, log_attempts},
    {"headgate.error", Type::text, log_error},
    {"headgate.requestId", Type::text, log_request_id},
    {"headgate.durationMs", Type::number, log_duration},
    {"headgate.timeToFirstTokenMs", Type::number, log_first_token},
    {"headgate.heldMs", Type::number, log_held},
    {"headgate.attributes", Type::map, log_attributes},
};

}  // namespace headgate::variables
