// Errors in the client's format, and what is written down about a request when it is over.

#include <headgate/dialect.h>
#include <headgate/policy.h>

#include <algorithm>
#include <array>

#include "core/base/json_text.hpp"
#include "core/exchange/continuation.hpp"
#include "core/exchange/exchange.hpp"
#include "core/exchange/serving.hpp"
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

// Of a path that only passes: what the provider that declares it accepts as it is.
const plugin::DialectInstance* Exchange::error_dialect() const {
  if (request_.dialect.dialect || !request_.route) return request_.dialect.dialect;
  for (const BackendPlan& backend : request_.route->backends) {
    for (const EndpointPlan& endpoint : backend.endpoints) {
      if (!endpoint.provider || !declares(endpoint, request_.dialect, request_.path)) continue;
      const auto& accepts = endpoint.provider->declares().accepts;
      for (const auto& dialect : request_.snapshot->dialects.dialects()) {
        if (!accepts.empty() && dialect->id() == accepts.front()) return dialect.get();
      }
    }
  }
  return nullptr;
}

std::string Exchange::render(const Error& error) {
  const plugin::DialectInstance* const dialect = error_dialect();
  if (!dialect) return plain_error(error);
  hg_client_error shown{};
  shown.size = HG_END_OF(hg_client_error, member);
  shown.member = plugin::str(request_.own_error_member);
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

// What the API formats take at this path.
std::string Exchange::methods_here() const {
  const http::Headers& headers = request_.head.headers;
  const auto has_header = [&headers](std::string_view name) { return headers.contains(name); };
  std::string methods;
  for (const std::string_view method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    if (!find_format(*request_.snapshot, *request_.route, method, request_.path, has_header))
      continue;
    if (!methods.empty()) methods += ", ";
    methods += method;
  }
  return methods;
}

net::Task<void> Exchange::answer_error(Error error, std::optional<milliseconds> retry_after) {
  if (client_.head_sent() || client_.gone()) co_return;
  http::HeaderMap headers(arena_);
  headers.set("content-type", "application/json");
  add_retry_after(headers, retry_after);
  if (error.code == "method_not_allowed" && request_.route) headers.set("allow", methods_here());
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
  if (observe::GenAiSeries* const series = served ? served->series_of(request_.dialect) : nullptr) {
    observe::GenAiSample sample;
    sample.model = request_.served_model;
    sample.input_tokens = request_.usage.input;
    sample.output_tokens = request_.usage.output;
    sample.seconds = seconds;
    if (request_.first_token) {
      sample.first_token_seconds = std::chrono::duration<double>(*request_.first_token).count();
    }
    series->answered(worker_.metrics, sample);
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

// What a JSON string says.
std::optional<std::string_view> Exchange::text_of(std::string_view json) {
  if (!json.starts_with('"')) return std::nullopt;
  const auto text = worker_.scanner.decode(json);
  if (!text || text->data() == json.data() + 1) return text;
  return arena_.copy(*text);
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
  record.held = held_;
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
  for (const auto& [name, json] : request_.attributes) {
    record.add_attribute({name, json, text_of(json)});
  }
  for (const std::string& name : worker_.access_log.headers()) add_logged_header(record, name);
  if (request_.trace) write_trace(record);
  worker_.access_log.submit(record);
}

}  // namespace headgate::exchange
