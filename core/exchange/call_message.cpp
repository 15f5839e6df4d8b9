// hg.message/1 of a request: lines, headers, bodies, attributes, answers.

#include <algorithm>

#include "core/base/log.hpp"
#include "core/exchange/call.hpp"
#include "core/http/header_rules.hpp"

namespace headgate::exchange {

hg_call::Text Call::method(std::uint32_t message) {
  if (message == HG_REQUEST) return request_.head.method;
  return message == HG_UPSTREAM && attempt_ ? attempt_->method : Text();
}

hg_call::Text Call::target(std::uint32_t message) {
  if (message == HG_REQUEST) return request_.head.target;
  return message == HG_UPSTREAM && attempt_ ? attempt_->target : Text();
}

std::int32_t Call::set_line(std::uint32_t message, Text method, Text target) {
  const bool phase = phase_ == Phase::build || phase_ == Phase::sign;
  if (message != HG_UPSTREAM || !attempt_ || !phase) return HG_DENIED;
  const bool bad_byte = std::any_of(target.begin(), target.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
  });
  if (!http::is_token(method) || bad_byte || !target.starts_with('/')) return HG_INVALID;
  attempt_->method = request_.arena.copy(method);
  attempt_->target = request_.arena.copy(target);
  return HG_OK;
}

std::uint32_t Call::status() {
  return attempt_ ? static_cast<std::uint32_t>(attempt_->head.status) : 0;
}

http::HeaderMap* Call::headers_of(std::uint32_t message) {
  if (message == HG_REQUEST) return &request_.headers;
  if (!attempt_) return nullptr;
  return message == HG_UPSTREAM ? &attempt_->headers : &attempt_->response_headers;
}

bool Call::may_write_headers(std::uint32_t message) const {
  switch (message) {
    case HG_REQUEST:
      return phase_ == Phase::request;
    case HG_UPSTREAM:
      return attempt_ &&
             (phase_ == Phase::attempt || phase_ == Phase::build || phase_ == Phase::sign);
    case HG_RESPONSE:
      return attempt_ &&
             (phase_ == Phase::head || phase_ == Phase::body || phase_ == Phase::response);
    default:
      return false;
  }
}

bool Call::may_write_body(std::uint32_t message) const {
  switch (message) {
    case HG_REQUEST:
      return phase_ == Phase::request;
    case HG_UPSTREAM:
      return attempt_ && (phase_ == Phase::build || phase_ == Phase::attempt);
    case HG_RESPONSE:
      return phase_ == Phase::answer ||
             (attempt_ && (phase_ == Phase::body || phase_ == Phase::response));
    default:
      return false;
  }
}

std::int32_t Call::header_at(std::uint32_t message, std::size_t index, Text& name, Text& value) {
  const http::HeaderMap* headers = headers_of(message);
  if (!headers || index >= headers->size()) return HG_NOT_FOUND;
  name = (*headers)[index].name;
  value = (*headers)[index].value;
  return HG_OK;
}

std::int32_t Call::header_get(std::uint32_t message, Text name, Text& value) {
  const http::HeaderMap* headers = headers_of(message);
  if (!headers) return HG_NOT_FOUND;
  const auto found = headers->get(name);
  if (!found) return HG_NOT_FOUND;
  value = *found;
  return HG_OK;
}

namespace {

// What frames a message belongs to the gateway, and so does how an answer may be coded, which it
// has to read.
bool is_connection_level(std::uint32_t message, std::string_view name) {
  return http::is_hop_by_hop(name) || http::equals_ignoring_case(name, "content-length") ||
         http::equals_ignoring_case(name, "host") ||
         (message == HG_UPSTREAM && http::equals_ignoring_case(name, "accept-encoding"));
}

}  // namespace

std::int32_t Call::header_set(std::uint32_t message, Text name, Text value) {
  if (!may_write_headers(message)) return HG_DENIED;
  if (is_connection_level(message, name)) return HG_DENIED;
  return headers_of(message)->set(name, value) ? HG_OK : HG_INVALID;
}

std::int32_t Call::header_add(std::uint32_t message, Text name, Text value) {
  if (!may_write_headers(message)) return HG_DENIED;
  if (is_connection_level(message, name)) return HG_DENIED;
  return headers_of(message)->add(name, value) ? HG_OK : HG_INVALID;
}

std::int32_t Call::header_remove(std::uint32_t message, Text name) {
  if (!may_write_headers(message)) return HG_DENIED;
  return headers_of(message)->remove(name) > 0 ? HG_OK : HG_NOT_FOUND;
}

hg_call::Text Call::body(std::uint32_t message) {
  if (message == HG_REQUEST) return request_.body.text();
  if (!attempt_) return {};
  if (message == HG_UPSTREAM) return attempt_->body.text();
  return attempt_->body_replaced ? Text(attempt_->replaced_body) : attempt_->response_body;
}

std::int32_t Call::set_body(std::uint32_t message, Text bytes) {
  if (!may_write_body(message)) return HG_DENIED;
  if (message == HG_REQUEST) {
    request_.body.assign_copy(bytes);
  } else if (message == HG_UPSTREAM) {
    attempt_->body.assign_copy(bytes);
  } else if (phase_ == Phase::answer) {
    answer_body_.assign(bytes);
  } else {
    attempt_->replaced_body.assign(bytes);
    attempt_->body_replaced = true;
  }
  return HG_OK;
}

std::int32_t Call::give_body(std::uint32_t message, Text bytes, void (*release)(void*) noexcept,
                             void* context) {
  // Without padding behind the bytes a JSON body could not be scanned in place: it is copied here,
  // and the promise of one release is kept at once.
  const std::int32_t result = set_body(message, bytes);
  if (release) release(context);
  return result;
}

std::int32_t Call::share_body() {
  if (!attempt_ || phase_ != Phase::build) return HG_DENIED;
  attempt_->body.share(request_.body);
  return HG_OK;
}

std::int32_t Call::attribute_get(Text name, Text& json) {
  for (const auto& [known, value] : request_.attributes) {
    if (known != name) continue;
    json = value;
    return HG_OK;
  }
  return HG_NOT_FOUND;
}

std::int32_t Call::attribute_set(Text name, Text json) {
  const Text kept =
      was_quoted(json) ? json : request_.worker.scanner.one_line(request_.arena, json);
  if (name.empty() || kept.empty()) return HG_INVALID;
  for (auto& [known, value] : request_.attributes) {
    if (known != name) continue;
    value = kept;
    return HG_OK;
  }
  if (request_.attributes.size() >= kAttributesMax) return HG_LIMIT;
  request_.attributes.emplace_back(request_.arena.copy(name), kept);
  return HG_OK;
}

void* Call::allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes > kArenaBytesMax - allocated_bytes_) return nullptr;
  allocated_bytes_ += bytes;
  return request_.arena.allocate(bytes == 0 ? 1 : bytes, alignment);
}

std::int32_t Call::respond_error(std::uint32_t status, Text code, Text message, Text member) {
  if (status < 400 || status > 599) return HG_INVALID;
  RecordedAnswer answer;
  answer.is_error = true;
  answer.status = static_cast<int>(status);
  answer.code = code;
  answer.message = message;
  answer.member = member;
  recorded() = std::move(answer);
  return HG_OK;
}

std::int32_t Call::respond(std::uint32_t status, Text content_type, Text body) {
  if (phase_ != Phase::request && phase_ != Phase::answer && phase_ != Phase::response) {
    return HG_DENIED;
  }
  if (status < 200 || status > 599) return HG_INVALID;
  RecordedAnswer answer;
  answer.status = static_cast<int>(status);
  answer.content_type = content_type;
  answer.body = body;
  recorded() = std::move(answer);
  return HG_OK;
}

}  // namespace headgate::exchange
