#include "core/exchange/request_variables.hpp"

#include "core/base/expression_variables.hpp"
#include "core/exchange/attempt_context.hpp"
#include "core/exchange/request_context.hpp"

namespace headgate::exchange {

using hg::expression::Kind;
using hg::expression::Value;

Value HeaderVariables::find(const Value& key) const noexcept {
  if (!key.is(Kind::text)) return {};
  const auto value = headers_.get(key.text());
  return value ? Value::text(*value) : Value();
}

RequestVariables::RequestVariables(const RequestContext& request, const AttemptContext* attempt)
    : request_(request),
      attempt_(attempt),
      request_headers_(request.headers),
      response_headers_(attempt ? attempt->response_headers : request.headers) {}

bool RequestVariables::has_answer() const noexcept {
  return attempt_ && attempt_->head.status != 0;
}

Value RequestVariables::value(std::uint32_t id) const noexcept {
  switch (id) {
    case variables::request_method:
      return Value::text(request_.head.method);
    case variables::request_path:
      return Value::text(request_.path);
    case variables::request_uri:
      return Value::text(request_.head.target);
    case variables::request_host:
      return Value::text(request_.head.authority);
    case variables::request_headers:
      return Value::map(request_headers_);
    case variables::backend_name:
      return Value::text(request_.backend->name);
    case variables::llm:
    case variables::llm_streaming:
      return request_.dialect.route ? Value::boolean(request_.facets.stream) : Value();
    case variables::llm_request_model:
      if (request_.facets.client_model.empty()) return {};
      return Value::text(request_.facets.client_model);
    case variables::response:
      return has_answer() ? Value::boolean(true) : Value();
    case variables::response_code:
      return has_answer() ? Value::integer(attempt_->head.status) : Value();
    case variables::response_headers:
      return has_answer() ? Value::map(response_headers_) : Value();
    default:
      return {};
  }
}

}  // namespace headgate::exchange
