#include "core/observe/access_expressions.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/ascii.hpp"
#include "core/base/expression_variables.hpp"

namespace headgate::observe {

using hg::expression::Kind;
using hg::expression::Value;

namespace {

Value text_or_missing(std::string_view text) {
  return text.empty() ? Value() : Value::text(text);
}

Value count_or_missing(const std::optional<std::uint64_t>& count) {
  return count ? Value::integer(static_cast<std::int64_t>(*count)) : Value();
}

// Of JSON that is no string.
Value value_of(std::string_view json) {
  if (json == "null") return {};
  if (json == "true" || json == "false") return Value::boolean(json == "true");
  std::int64_t integer = 0;
  const char* const end = json.data() + json.size();
  if (const auto read = std::from_chars(json.data(), end, integer);
      read.ec == std::errc() && read.ptr == end) {
    return Value::integer(integer);
  }
  double number = 0;
  if (const auto read = std::from_chars(json.data(), end, number);
      read.ec == std::errc() && read.ptr == end) {
    return Value::number(number);
  }
  return Value::text(json);
}

Value milliseconds(std::chrono::nanoseconds time) {
  return Value::number(std::chrono::duration<double, std::milli>(time).count());
}

// "ip:port" or "[ip]:port"
std::string_view address_of(std::string_view peer) {
  std::string_view address = peer.substr(0, peer.rfind(':'));
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  return address;
}

Value port_of(std::string_view peer) {
  const std::size_t colon = peer.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::int64_t port = 0;
  const auto read = std::from_chars(peer.data() + colon + 1, peer.data() + peer.size(), port);
  return read.ec == std::errc() ? Value::integer(port) : Value();
}

}  // namespace

Value RecordVariables::HeaderMap::find(const Value& key) const noexcept {
  if (!key.is(Kind::text)) return {};
  for (const auto& [name, value] : pairs_) {
    if (equal_ignoring_case(name, key.text())) return Value::text(value);
  }
  return {};
}

Value RecordVariables::AttributeMap::find(const Value& key) const noexcept {
  if (!key.is(Kind::text)) return {};
  for (const AccessAttribute& each : attributes_) {
    if (each.name == key.text()) return each.text ? Value::text(*each.text) : value_of(each.json);
  }
  return {};
}

Value RecordVariables::value(std::uint32_t id) const noexcept {
  const std::string_view target = record_.target;
  switch (id) {
    case variables::request_method:
      return text_or_missing(record_.method);
    case variables::request_path:
      return text_or_missing(target.substr(0, target.find('?')));
    case variables::request_uri:
      return text_or_missing(target);
    case variables::request_host:
      return text_or_missing(record_.host);
    case variables::request_headers:
      return Value::map(headers_);
    case variables::response:
    case variables::response_code:
      return record_.status == 0 ? Value() : Value::integer(record_.status);
    case variables::source_address:
      return text_or_missing(address_of(record_.client_address));
    case variables::source_port:
      return port_of(record_.client_address);
    case variables::backend_name:
      return text_or_missing(record_.backend);
    default:
      return id < variables::log_listener ? of_model(id) : of_gateway(id);
  }
}

Value RecordVariables::of_model(std::uint32_t id) const noexcept {
  switch (id) {
    case variables::llm:
    case variables::llm_streaming:
      return record_.dialect.size() == 0 ? Value() : Value::boolean(record_.stream);
    case variables::llm_request_model:
      return text_or_missing(record_.request_model);
    case variables::llm_response_model:
      return text_or_missing(record_.upstream_model);
    case variables::llm_provider:
      return text_or_missing(record_.provider_kind);
    case variables::llm_input_tokens:
      return count_or_missing(record_.input_tokens);
    case variables::llm_output_tokens:
      return count_or_missing(record_.output_tokens);
    case variables::llm_total_tokens:
      return count_or_missing(record_.total_tokens);
    case variables::llm_cached_tokens:
      return count_or_missing(record_.cached_tokens);
    case variables::llm_reasoning_tokens:
      return count_or_missing(record_.reasoning_tokens);
    default:
      return {};
  }
}

Value RecordVariables::of_gateway(std::uint32_t id) const noexcept {
  switch (id) {
    case variables::log_listener:
      return text_or_missing(record_.listener);
    case variables::log_route:
      return text_or_missing(record_.route);
    case variables::log_endpoint:
      return text_or_missing(record_.provider);
    case variables::log_attempts:
      return Value::integer(static_cast<std::int64_t>(record_.attempt_count()));
    case variables::log_error:
      return text_or_missing(record_.error_code);
    case variables::log_request_id:
      return text_or_missing(record_.request_id);
    case variables::log_duration:
      return milliseconds(record_.duration);
    case variables::log_first_token:
      return record_.first_token ? milliseconds(*record_.first_token) : Value();
    case variables::log_held:
      return record_.held ? milliseconds(*record_.held) : Value();
    case variables::log_attributes:
      return Value::map(attributes_);
    default:
      return {};
  }
}

AccessExpressions::AccessExpressions(ExpressionProgram filter, std::vector<AddedField> added)
    : filter_(std::move(filter)), added_(std::move(added)) {
  const auto note = [this](const hg::expression::Program& program) {
    for (std::string name : program.keys_of(variables::request_headers).names) {
      std::transform(name.begin(), name.end(), name.begin(), lower);
      if (std::find(headers_.begin(), headers_.end(), name) == headers_.end())
        headers_.push_back(std::move(name));
    }
  };
  if (filter_) note(*filter_);
  for (const AddedField& field : added_) {
    note(*field.value);
  }
}

bool AccessExpressions::wants(const AccessRecord& record) const {
  return !filter_ || filter_->is_true(RecordVariables(record));
}

const std::vector<AddedValue>& AddedValues::of(const AccessExpressions& expressions,
                                               const AccessRecord& record) {
  const std::vector<AddedField>& fields = expressions.added();
  while (scratch_.size() < fields.size()) {
    scratch_.push_back(std::make_unique<hg::expression::Scratch>());
  }
  values_.clear();
  const RecordVariables variables(record);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    scratch_[i]->clear();
    const Value value = fields[i].value->evaluate(variables, *scratch_[i]);
    if (value.failed() || value.is(Kind::list) || value.is(Kind::map)) continue;
    values_.push_back({fields[i].name, value});
  }
  return values_;
}

}  // namespace headgate::observe
