// Errors in the client's format, and what is written down about a request when it is over.

#include <headgate/dialect.h>
#include <headgate/policy.h>

#include <algorithm>
#include <array>

#include "core/base/json_text.hpp"
#include "core/exchange/continuation.hpp"
#include "core/exchange/exchange.hpp"
#include "core/http/header_rules.hpp"

namespace headgate::exchange {

std::string plain_error(const Error& error) {
  std::string body = R"({"error":{"code":)";
  append_json_string(body, error.code);
  body += R"(,"message":)";
  append_json_string(body, error.message);
  body += "}}";
  return body;
}

void add_retry_after(http::HeaderMap& headers, std::optional<milliseconds> retry_after) {
  if (!retry_after) return;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(*retry_after).count();
  headers.set("retry-after", std::to_string(std::max<std::int64_t>(seconds, 1)));
}

std::string Exchange::render(const Error& error) {
  const plugin::DialectInstance* dialect = request_.dialect.dialect;
  if (!dialect) return plain_error(error);
  hg_client_error shown{};
  shown.size = HG_END_OF(hg_client_error, event);
  shown.status = static_cast<std::uint32_t>(error.status);
  shown.code = plugin::str(error.code);
  shown.message = plugin::str(error.message);
  shown.fault = static_cast<std::uint32_t>(error.fault);
  call_.answer_body().clear();
  call_.enter(Phase::answer, nullptr);
  void* const context = request_.dialect_open ? request_.dialect_context : nullptr;
  const bool rendered = dialect->error(context, call_, shown) == HG_CONTINUE;
  return rendered && !call_.answer_body().empty() ? call_.answer_body() : plain_error(error);
}

void Exchange::add_headers(http::HeaderMap& headers, bool retries_spent) {
  headers.set("x-headgate-request-id", request_.id);
  if (!request_.attempts.empty()) {
    headers.set("x-headgate-attempts", describe_attempts(request_.attempts));
  }
  // SDKs try again by themselves; behind a gateway that already did, that only adds load.
  if (retries_spent) headers.set("x-should-retry", "false");
}

net::Task<void> Exchange::answer_error(Error error, std::optional<milliseconds> retry_after) {
  if (client_.head_sent() || client_.gone()) co_return;
  http::HeaderMap headers(arena_);
  headers.set("content-type", "application/json");
  add_retry_after(headers, retry_after);
  if (error.status == 401) headers.set("www-authenticate", "Bearer");
  add_headers(headers, !request_.attempts.empty());
  // Where the request's end was not found, the next one cannot be either.
  if (!body_.complete()) client_.close_after_answer();
  status_ = error.status;
  error_code_ = error.code;
  const std::string body = render(error);
  const std::array<std::string_view, 1> pieces{body};
  co_await client_.send_whole(error.status, headers, pieces);
}

void Exchange::finish() {
  if (continuation_) continuation_->add_usage_to(request_.usage);
  const auto duration = worker_.worker.clock().now() - request_.started;
  const double seconds = std::chrono::duration<double>(duration).count();
  const EndpointPlan* served = request_.served_by;
  if (served && status_ == 0) status_ = request_.answer_status;
  const bool cancelled = client_.gone();
  if (request_.backend) {
    const hg_usage usage = request_.usage.to_c();
    hg_completion completion{};
    completion.size = HG_END_OF(hg_completion, usage);
    completion.status = static_cast<std::uint32_t>(status_);
    completion.attempts = static_cast<std::uint32_t>(request_.attempts.size());
    completion.cancelled = cancelled ? 1 : 0;
    if (served) completion.endpoint_name = plugin::str(served->name);
    completion.duration_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
    completion.usage = &usage;
    policies_.on_complete(completion);
  }
  if (request_.route) {
    request_.route->series->finished(worker_.metrics, cancelled ? 0 : status_, seconds);
  }
  if (served && served->gen_ai && request_.dialect.route) {
    observe::GenAiSample sample;
    sample.model = request_.served_model;
    sample.input_tokens = request_.usage.input;
    sample.output_tokens = request_.usage.output;
    sample.seconds = seconds;
    if (request_.first_token) {
      sample.first_token_seconds = std::chrono::duration<double>(*request_.first_token).count();
    }
    served->gen_ai->answered(worker_.metrics, sample);
  }
  write_record(duration);
}

std::string_view Exchange::shown_target() {
  const std::string_view target = request_.head.target;
  if (observe::SecretMask::shows_all(target)) return target;
  std::string shown;
  const std::string_view consumed = request_.consumed_credential;
  if (consumed.starts_with('?')) {
    // A policy read a key from a parameter of a name that nobody else knows.
    std::vector<std::string> names = request_.snapshot->credential_parameters;
    names.emplace_back(consumed.substr(1));
    observe::SecretMask(names, {}).append_target(shown, target);
  } else {
    request_.snapshot->mask.append_target(shown, target);
  }
  return arena_.copy(shown);
}

// A header that an expression of the log reads, without what is secret.
void Exchange::add_logged_header(observe::AccessRecord& record, std::string_view name) const {
  const auto value = request_.headers.get(name);
  if (!value) return;
  const bool secret = request_.snapshot->mask.is_secret_header(name) ||
                      http::equals_ignoring_case(name, request_.consumed_credential) ||
                      request_.mentions_credential(*value);
  record.add_header(name, secret ? observe::SecretMask::kMasked : *value);
}

void Exchange::write_record(std::chrono::nanoseconds duration) {
  observe::AccessRecord& record = worker_.access_log.begin();
  const http::RequestHead& head = request_.head;
  record.time = request_.wall;
  record.listener = request_.listener_name;
  if (request_.route) record.route = request_.route->name;
  if (request_.backend) record.backend = request_.backend->name;
  record.client_address = stream_.remote_address();
  record.method = head.method;
  record.host = head.authority;
  record.target = shown_target();
  record.status = client_.gone() ? 0 : status_;
  record.dialect = request_.dialect_id();
  record.operation = request_.operation();
  if (request_.served_by) {
    record.provider = request_.served_by->name;
    if (request_.served_by->provider)
      record.provider_kind = request_.served_by->provider->manifest().key;
  }
  record.request_model = request_.facets.client_model;
  record.upstream_model = request_.served_model;
  record.input_tokens = request_.usage.input;
  record.output_tokens = request_.usage.output;
  if (request_.usage.input && request_.usage.output) {
    record.total_tokens = *request_.usage.input + *request_.usage.output;
  }
  record.cached_tokens = request_.usage.cache_read;
  record.reasoning_tokens = request_.usage.reasoning;
  record.stream = request_.facets.stream;
  record.duration = duration;
  if (request_.first_token) record.first_token = *request_.first_token;
  record.bytes_in = body_.bytes();
  record.bytes_out = client_.body_bytes_sent();
  if (client_.gone()) {
    record.error_code = "client_gone";
  } else {
    record.error_code = request_.broken_code.empty() ? error_code_ : request_.broken_code;
  }
  record.request_id = request_.id;
  for (const AttemptNote& note : request_.attempts) {
    observe::AccessAttempt& attempt = record.add_attempt();
    attempt.endpoint = note.endpoint;
    attempt.status = note.status;
    attempt.error_code = note.code;
    attempt.duration = note.duration;
  }
  for (const auto& [name, value] : request_.attributes) record.add_attribute(name, value);
  for (const std::string& name : worker_.access_log.headers()) add_logged_header(record, name);
  if (request_.trace) write_trace(record);
  worker_.access_log.submit(record);
}

}  // namespace headgate::exchange
