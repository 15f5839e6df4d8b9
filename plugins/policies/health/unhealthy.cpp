#include "unhealthy.hpp"

#include <headgate/expression/headers.hpp>

namespace headgate_health {
namespace {

using hg::expression::Kind;
using hg::expression::Type;
using hg::expression::Value;

enum Id : std::uint32_t {
  request_method,
  request_path,
  request_uri,
  request_headers,
  response,
  response_code,
  response_headers,
  llm,
  llm_request_model,
  llm_streaming,
};

constexpr hg::expression::Variable kVariables[] = {
    {"request.method", Type::text, request_method},
    {"request.path", Type::text, request_path},
    {"request.uri", Type::text, request_uri},
    {"request.headers", Type::map, request_headers},
    {"response", Type::group, response},
    {"response.code", Type::integer, response_code},
    {"response.headers", Type::map, response_headers},
    {"llm", Type::group, llm},
    {"llm.requestModel", Type::text, llm_request_model},
    {"llm.streaming", Type::boolean, llm_streaming},
};

class Answer final : public hg::expression::Source {
 public:
  Answer(hg::Call& call, std::uint32_t status)
      : facets_(call.facets()),
        request_(call.request()),
        request_headers_(request_),
        response_headers_(call.response()),
        status_(status) {}

  Value value(std::uint32_t id) const noexcept override {
    const std::string_view target = request_.target();
    switch (id) {
      case request_method:
        return Value::text(request_.method());
      case request_path:
        return Value::text(target.substr(0, target.find('?')));
      case request_uri:
        return Value::text(target);
      case request_headers:
        return Value::map(request_headers_);
      case response:
        return Value::boolean(true);
      case response_code:
        return Value::integer(status_);
      case response_headers:
        return Value::map(response_headers_);
      case llm:
      case llm_streaming:
        return facets_.dialect.empty() ? Value() : Value::boolean(facets_.stream);
      case llm_request_model:
        return facets_.client_model.empty() ? Value() : Value::text(facets_.client_model);
      default:
        return {};
    }
  }

 private:
  const hg::Facets facets_;
  const hg::Message request_;
  const hg::expression::Headers request_headers_;
  const hg::expression::Headers response_headers_;
  const std::uint32_t status_;
};

}  // namespace

Unhealthy Unhealthy::compiled(std::string_view text, std::string& problem) {
  Unhealthy made;
  auto compiled = hg::expression::compile(text, kVariables, Type::boolean);
  if (!compiled.program) problem = compiled.problem.to_string();
  made.program_ = std::move(compiled.program);
  return made;
}

hg::Health Unhealthy::judge(hg::Call& call, const hg::Outcome& outcome) const {
  if (!program_) return outcome.health;
  hg::expression::Scratch scratch;
  const Answer answer(call, outcome.status);
  const Value unhealthy = program_->evaluate(answer, scratch);
  if (!unhealthy.is(Kind::boolean)) return outcome.health;
  if (unhealthy.is_true()) return hg::Health::failure;
  return outcome.health == hg::Health::failure ? hg::Health::neutral : outcome.health;
}

}  // namespace headgate_health
