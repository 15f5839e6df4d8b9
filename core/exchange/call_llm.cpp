// hg.json/1, hg.llm/1, hg.stream/1, hg.credential/1 and hg.async/1 of a request.

#include <algorithm>
#include <initializer_list>
#include <string>

#include "core/exchange/call.hpp"
#include "core/http/header_rules.hpp"
#include "core/http/target.hpp"

namespace headgate::exchange {
namespace {

std::string_view joined(Arena& arena, std::initializer_list<std::string_view> texts) {
  std::size_t size = 0;
  for (const std::string_view text : texts) size += text.size();
  char* const place = static_cast<char*>(arena.allocate(size, 1));
  char* to = place;
  for (const std::string_view text : texts) to = std::copy(text.begin(), text.end(), to);
  return {place, size};
}

std::int32_t code_of(EditResult result) {
  switch (result) {
    case EditResult::ok:
      return HG_OK;
    case EditResult::not_found:
      return HG_NOT_FOUND;
    case EditResult::invalid:
      return HG_INVALID;
  }
  return HG_INVALID;
}

}  // namespace

JsonBody* Call::json_of(std::uint32_t message) {
  if (message == HG_REQUEST) return &request_.body;
  return message == HG_UPSTREAM && attempt_ ? &attempt_->body : nullptr;
}

std::int32_t Call::json_get(std::uint32_t message, Text pointer, Text& json) {
  JsonBody* const body = json_of(message);
  if (!body) return HG_DENIED;
  if (!body->is_object()) return HG_INVALID;
  const auto found = body->get(pointer);
  if (!found) return HG_NOT_FOUND;
  json = *found;
  return HG_OK;
}

std::int32_t Call::json_set(std::uint32_t message, Text pointer, Text json) {
  JsonBody* const body = json_of(message);
  if (!body || !may_write_body(message)) return HG_DENIED;
  return code_of(was_quoted(json) ? body->set_checked(pointer, json) : body->set(pointer, json));
}

std::int32_t Call::json_remove(std::uint32_t message, Text pointer) {
  JsonBody* const body = json_of(message);
  if (!body || !may_write_body(message)) return HG_DENIED;
  return code_of(body->remove(pointer));
}

std::int32_t Call::json_holds_reserved(std::uint32_t message) {
  JsonBody* const body = json_of(message);
  if (!body) return HG_DENIED;
  return body->holds_reserved() ? HG_OK : HG_NOT_FOUND;
}

std::int32_t Call::json_text(Text json, Text& decoded) {
  const auto text = request_.worker.scanner.decode(json);
  if (!text) return HG_INVALID;
  decoded = request_.arena.copy(*text);
  return HG_OK;
}

hg_call::Text Call::json_quote(Text text) {
  quoted_ = padded_quote(request_.arena, text);
  return quoted_;
}

std::int32_t Call::facets(hg_facets& out) {
  const Facets& facets = request_.facets;
  out.stream = facets.stream ? 1 : 0;
  out.dialect = plugin::str(request_.dialect_id());
  out.operation = plugin::str(request_.operation());
  out.model = plugin::str(facets.model);
  out.client_model = plugin::str(facets.client_model);
  out.max_tokens = facets.max_tokens.value_or(HG_UNKNOWN_COUNT);
  return HG_OK;
}

std::int32_t Call::set_model(std::uint32_t message, Text model) {
  JsonBody* const body = json_of(message);
  if (!body || !may_write_body(message) || message == HG_RESPONSE) return HG_DENIED;
  if (!request_.dialect.route || request_.facets.client_model.empty()) return HG_INVALID;
  const plugin::DialectManifest& dialect = request_.dialect.dialect->declares();
  if (!request_.dialect.route->model_in_path && !dialect.model.empty()) {
    const bool facets_known = message == HG_REQUEST && request_.facets_at == body->version();
    const Text quoted = padded_quote(request_.arena, model);
    const EditResult result = body->set_checked(dialect.model, quoted);
    if (result != EditResult::ok) return code_of(result);
    // It was a string before and is one now, so nothing else that is read has changed. A text that
    // needed escapes may not be read as it was written.
    const bool as_written = quoted.size() == model.size() + 2;
    if (facets_known && as_written) request_.facets_at = body->version();
  }
  const Text kept = request_.arena.copy(model);
  if (message == HG_REQUEST) {
    request_.facets.model = kept;
  } else {
    attempt_->model = kept;
  }
  return HG_OK;
}

std::int32_t Call::report_usage(const hg_usage& usage) {
  if (!attempt_) return HG_DENIED;
  attempt_->usage.take(usage);
  return HG_OK;
}

std::int32_t Call::model_at(std::size_t index, Text& model, Text& owner) {
  if (!request_.backend || index >= request_.backend->models.size()) return HG_NOT_FOUND;
  model = request_.backend->models[index].first;
  owner = request_.backend->models[index].second;
  return HG_OK;
}

std::int32_t Call::emit(Text type, Text data) {
  if (phase_ != Phase::event && phase_ != Phase::body && phase_ != Phase::answer) return HG_DENIED;
  if (emitted_.size() >= kEmittedEventsMax || data.size() > kEmittedBytesMax - emitted_bytes_) {
    return HG_LIMIT;
  }
  emitted_bytes_ += data.size();
  emitted_.push_back(EmittedEvent{std::string(type), std::string(data)});
  return HG_OK;
}

std::int32_t Call::credential_set(const hg_credential& credential) {
  if (!attempt_ || phase_ != Phase::attempt) return HG_DENIED;
  if (credential.place > HG_PLACE_COOKIE) return HG_INVALID;
  Arena& arena = request_.arena;
  attempt_->credential.kind =
      credential.kind <= HG_CREDENTIAL_CLOUD ? credential.kind : std::uint32_t{HG_CREDENTIAL_NONE};
  attempt_->credential.value = arena.copy(plugin::view(credential.value));
  attempt_->credential.place = credential.place;
  attempt_->credential.name = arena.copy(plugin::view(credential.name));
  attempt_->credential.prefix = arena.copy(plugin::view(credential.prefix));
  return HG_OK;
}

std::int32_t Call::credential_consume(Text header) {
  if (phase_ != Phase::request) return HG_DENIED;
  request_.consumed_credential = request_.arena.copy(header);
  return HG_OK;
}

std::int32_t Call::credential_place(const hg_credential& credential) {
  if (!attempt_ || phase_ != Phase::sign) return HG_DENIED;
  if (credential.kind == HG_CREDENTIAL_NONE || credential.kind > HG_CREDENTIAL_CLOUD) return HG_OK;
  Text name = plugin::view(credential.name);
  Text prefix = plugin::view(credential.prefix);
  std::uint32_t place = credential.place;
  if (place == HG_PLACE_DEFAULT && !attempt_->endpoint.provider) {
    place = HG_PLACE_HEADER;  // what HTTP itself has for it
    name = "authorization";
    prefix = "Bearer ";
  }
  if (place == HG_PLACE_DEFAULT) {
    const auto& declared = attempt_->endpoint.provider->declares().credential;
    if (!declared) return HG_OK;
    place = declared->place;
    name = declared->name;
    prefix = declared->prefix;
  }
  const Text value = plugin::view(credential.value);
  if (place == HG_PLACE_QUERY) {
    const http::Target parts = http::split_target(attempt_->target);
    std::string target(parts.path);
    target += '?';
    target += http::set_query_parameter(parts.query, name, value);
    attempt_->target = request_.arena.copy(target);
    return HG_OK;
  }
  Arena& arena = request_.arena;
  if (place == HG_PLACE_COOKIE) {
    return attempt_->headers.set("cookie", joined(arena, {name, "=", value})) ? HG_OK : HG_INVALID;
  }
  return attempt_->headers.set(name, joined(arena, {prefix, value})) ? HG_OK : HG_INVALID;
}

}  // namespace headgate::exchange
