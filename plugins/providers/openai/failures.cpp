#include "failures.hpp"

#include <headgate/json_view.hpp>

#include <algorithm>
#include <array>

namespace headgate_openai {
namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_context_length(const VendorError& error) {
  return error.code == "context_length_exceeded" || error.type == "exceed_context_size_error" ||
         error.message.find("maximum context length") != std::string::npos;
}

bool is_overload(std::uint32_t status, const VendorError& error) {
  return status == 503 || status == 529 ||
         is_one_of(error.code, {"server_overloaded", "overloaded", "overloaded_error"}) ||
         is_one_of(error.type, {"server_overloaded", "overloaded", "overloaded_error"});
}

void judge_rate_limit(const VendorError& error, const Asked& asked, hg::Verdict& verdict) {
  if (error.code == "insufficient_quota" || error.type == "insufficient_quota") {
    // The account is out of money: waiting does not help.
    verdict.ask_elsewhere(hg::Health::failure, hg::Scope::key);
    return;
  }
  if (asked.pass_through && !asked.configured_model) {
    // Limits are those of a model, or of such a path, and which of them it was is not known here.
    verdict.ask_elsewhere(hg::Health::neutral, hg::Scope::none);
  } else {
    verdict.ask_elsewhere(hg::Health::failure, hg::Scope::key_model);
  }
  if (!verdict.retry_after) return;
  verdict.next = hg::Next::wait;
  verdict.exclude = false;
}

// The key was refused, by 401 or by 403.
void judge_refused_key(const Asked& asked, hg::Verdict& verdict) {
  if (asked.client_credential) return verdict.tell_client();
  verdict.ask_elsewhere(hg::Health::failure, hg::Scope::key);
  // The client's own key is fine, so it must not be told that a key was refused.
  verdict.status = 502;
}

}  // namespace

VendorError read_error(std::string_view body) {
  VendorError error;
  const hg::JsonView object = hg::JsonView(body)["error"];
  if (object.is_string()) error.message = object.text().value_or("");
  if (!object.is_object()) return error;
  const hg::JsonView code = object["code"];
  // Some servers put the HTTP status there, as a number.
  error.code = code.text().value_or(code.is_number() ? std::string(code.raw()) : "");
  error.type = object["type"].text().value_or("");
  error.message = object["message"].text().value_or("");
  return error;
}

std::uint32_t status_of_event(const VendorError& error) {
  if (const auto number = hg::JsonView(error.code).unsigned_integer())
    if (*number >= 400 && *number <= 599) return static_cast<std::uint32_t>(*number);
  for (const std::string_view word : {std::string_view(error.type), std::string_view(error.code)}) {
    if (is_one_of(word, {"rate_limit_exceeded", "rate_limit_error", "insufficient_quota",
                         "requests", "tokens"}))
      return 429;
    if (is_one_of(word, {"invalid_request_error", "context_length_exceeded", "content_filter"}))
      return 400;
    if (is_one_of(word, {"authentication_error", "invalid_api_key"})) return 401;
    if (is_one_of(word, {"server_overloaded", "overloaded_error", "service_unavailable_error"}))
      return 503;
  }
  return 500;
}

std::optional<std::chrono::milliseconds> reset_time(std::string_view text) {
  constexpr double kLongest = 1000.0 * 60 * 60 * 1000;
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::optional<double> count = hg::JsonView(text.substr(0, length)).number();
    text.remove_prefix(length);
    double unit = 0;
    if (text.substr(0, 2) == "ms") {
      unit = 1;
      text.remove_prefix(2);
    } else if (!text.empty()) {
      unit = text[0] == 'h' ? 3'600'000 : text[0] == 'm' ? 60'000 : text[0] == 's' ? 1000 : 0;
      text.remove_prefix(1);
    }
    if (!count || unit == 0) return std::nullopt;
    total += *count * unit;
    if (total > kLongest) return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(total));
}

void judge_status(std::uint32_t status, const VendorError& error, const Asked& asked,
                  hg::Verdict& verdict) {
  verdict.status = status;
  if (is_context_length(error)) return verdict.ask_another_model();
  if (is_overload(status, error))
    return verdict.ask_elsewhere(hg::Health::failure, hg::Scope::endpoint);
  switch (status) {
    case 401:
    case 403:
      return judge_refused_key(asked, verdict);
    case 404:
      if (asked.pass_through) return verdict.tell_client();
      // Another provider may know the model that the client named; only a configured one that is
      // missing says something of this provider.
      verdict.ask_elsewhere(hg::Health::neutral,
                            asked.configured_model ? hg::Scope::model : hg::Scope::none);
      return;
    case 408:
    case 409:
      return verdict.ask_elsewhere(hg::Health::neutral, hg::Scope::none);
    case 429:
      return judge_rate_limit(error, asked, verdict);
    case 500:
    case 502:
      return verdict.ask_here_again(hg::Health::failure, hg::Scope::endpoint);
    default:
      if (status >= 400 && status < 500) return verdict.tell_client();
      verdict.ask_elsewhere(hg::Health::failure, hg::Scope::endpoint);
  }
}

}  // namespace headgate_openai
