#include "failures.hpp"

#include <headgate/duration.hpp>
#include <headgate/json_view.hpp>

#include <cstdlib>
#include <optional>
#include <string>

namespace headgate_gemini {
namespace {

using hg::JsonView;

// google.rpc.RetryInfo: "retryDelay": "34s" or "34.07s".
std::optional<std::chrono::milliseconds> retry_delay(const JsonView& error) {
  std::optional<std::chrono::milliseconds> delay;
  error["details"].each_element([&](JsonView detail) {
    const auto text = detail["retryDelay"].text();
    if (!text || text->empty() || text->back() != 's') return;
    const auto seconds = JsonView(std::string_view(*text).substr(0, text->size() - 1)).number();
    if (seconds && *seconds >= 0 && *seconds < 86'400) {
      delay = std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
    }
  });
  return delay;
}

bool has_reason(const JsonView& error, std::string_view reason) {
  bool found = false;
  error["details"].each_element(
      [&](JsonView detail) { found = found || detail["reason"].equals(reason); });
  return found;
}

void elsewhere(hg::Verdict& verdict, hg::Health health, hg::Scope scope) {
  verdict.next = hg::Next::elsewhere;
  verdict.exclude = true;
  verdict.health = health;
  verdict.scope = scope;
}

void never(hg::Verdict& verdict) {
  verdict.next = hg::Next::never;
  verdict.health = hg::Health::neutral;
  verdict.scope = hg::Scope::none;
}

bool is_key_refused(std::uint32_t status, const JsonView& error) {
  return status == 401 || status == 403 ||
         (status == 400 &&
          (has_reason(error, "API_KEY_INVALID") || has_reason(error, "API_KEY_EXPIRED")));
}

bool is_context_length(std::uint32_t status, const std::string& message) {
  return status == 400 && message.find("token count") != std::string::npos &&
         message.find("exceed") != std::string::npos;
}

}  // namespace

std::uint32_t status_of_error(const JsonView& error) {
  const auto code = error["code"].unsigned_integer();
  return code && *code >= 400 && *code <= 599 ? static_cast<std::uint32_t>(*code) : 500;
}

void judge(hg::Call& call, std::uint32_t status, std::string_view body, const Asked& asked,
           hg::Verdict& verdict) {
  // Some answers wrap the object into a list.
  JsonView document(body);
  if (document.is_array()) document = document[std::size_t{0}];
  const JsonView error = document["error"];
  const std::string message = error["message"].text().value_or("");
  verdict.status = status;
  if (!message.empty()) verdict.message = call.keep(message);
  const auto word = error["status"].text();
  if (word && !word->empty()) verdict.code = call.keep(*word);
  if (const auto delay = retry_delay(error)) verdict.retry_after = delay;

  if (is_key_refused(status, error)) {
    if (asked.client_credential) return never(verdict);
    elsewhere(verdict, hg::Health::failure, hg::Scope::key);
    verdict.status = 502;
    verdict.code = "provider_refused_credential";
    verdict.message = "The provider refused the gateway's credential";
    return;
  }
  if (is_context_length(status, message)) {
    verdict.code = "context_length_exceeded";
    return elsewhere(verdict, hg::Health::neutral, hg::Scope::none);
  }
  switch (status) {
    case 404:
      if (asked.pass_through) return never(verdict);
      return elsewhere(verdict, hg::Health::neutral,
                       asked.configured_model ? hg::Scope::model : hg::Scope::none);
    case 408:
      return elsewhere(verdict, hg::Health::neutral, hg::Scope::none);
    case 429:
      elsewhere(verdict, hg::Health::failure, hg::Scope::key_model);
      if (verdict.retry_after) {
        verdict.next = hg::Next::wait;
        verdict.exclude = false;
      }
      return;
    case 500:
    case 502:
      verdict.next = hg::Next::here;
      verdict.exclude = false;
      verdict.health = hg::Health::failure;
      verdict.scope = hg::Scope::endpoint;
      return;
    default:
      break;
  }
  if (status >= 400 && status < 500) return never(verdict);
  elsewhere(verdict, hg::Health::failure, hg::Scope::endpoint);
}

}  // namespace headgate_gemini
