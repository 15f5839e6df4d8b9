#include "failures.hpp"

#include <headgate/duration.hpp>
#include <headgate/json_view.hpp>

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

// Some answers wrap the object into a list.
JsonView error_of(std::string_view body) {
  const JsonView document(body);
  return (document.is_array() ? document[std::size_t{0}] : document)["error"];
}

// A limit per day is not over in the half minute that retryDelay says even then.
bool is_daily_quota(const JsonView& error) {
  bool found = false;
  error["details"].each_element([&](JsonView detail) {
    detail["violations"].each_element([&](JsonView violation) {
      const auto id = violation["quotaId"].text();
      found = found || (id && id->find("PerDay") != std::string::npos);
    });
  });
  return found;
}

bool has_reason(const JsonView& error, std::string_view reason) {
  bool found = false;
  error["details"].each_element(
      [&](JsonView detail) { found = found || detail["reason"].equals(reason); });
  return found;
}

// A file or a cache that is not this account's, or is not there: the client named it.
bool is_someone_elses(std::uint32_t status, const std::string& message) {
  return status == 403 && (message.find("permission to access the File") != std::string::npos ||
                           message.find("CachedContent not found") != std::string::npos);
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

void judge_rate_limit(const JsonView& error, const Asked& asked, hg::Verdict& verdict) {
  verdict.code = "rate_limit_exceeded";
  if (asked.pass_through && !asked.configured_model) {
    // Limits are those of a model, or of such a path, and which of them it was is not known here.
    verdict.ask_elsewhere(hg::Health::neutral, hg::Scope::none);
  } else {
    verdict.ask_elsewhere(hg::Health::failure, hg::Scope::key_model);
  }
  if (is_daily_quota(error)) {
    verdict.retry_after.reset();
  } else if (verdict.retry_after) {
    verdict.next = hg::Next::wait;
    verdict.exclude = false;
  }
}

void judge_refused_key(const Asked& asked, hg::Verdict& verdict) {
  if (asked.client_credential) return verdict.tell_client();
  verdict.ask_elsewhere(hg::Health::failure, hg::Scope::key);
  // The client's own key is fine, so it must not be told that a key was refused.
  verdict.status = 502;
  verdict.code = "provider_refused_credential";
  verdict.message = "The provider refused the gateway's credential";
}

void judge_missing_model(const Asked& asked, hg::Verdict& verdict) {
  if (asked.pass_through) return verdict.tell_client();
  verdict.code = "model_not_found";
  verdict.ask_elsewhere(hg::Health::neutral,
                        asked.configured_model ? hg::Scope::model : hg::Scope::none);
}

}  // namespace

std::uint32_t status_of_error(std::string_view body) {
  const auto code = error_of(body)["code"].unsigned_integer();
  return code && *code >= 400 && *code <= 599 ? static_cast<std::uint32_t>(*code) : 500;
}

bool is_error(const JsonView& event) {
  return error_of(event.raw()).is_object();
}

void judge(hg::Call& call, std::uint32_t status, std::string_view body, const Asked& asked,
           hg::Verdict& verdict) {
  const JsonView error = error_of(body);
  const std::string message = error["message"].text().value_or("");
  const std::string word = error["status"].text().value_or("");
  verdict.status = status;
  if (!message.empty()) verdict.message = call.keep(message);
  if (!word.empty()) verdict.code = call.keep(word);
  if (!verdict.retry_after) verdict.retry_after = retry_delay(error);

  if (is_someone_elses(status, message)) return verdict.tell_client();
  if (is_key_refused(status, error)) return judge_refused_key(asked, verdict);
  if (is_context_length(status, message)) {
    verdict.code = "context_length_exceeded";
    return verdict.ask_another_model();
  }
  // The place or the account is not served at all: no request from here will do better.
  if (status == 400 && word == "FAILED_PRECONDITION") {
    return verdict.ask_elsewhere(hg::Health::failure, hg::Scope::endpoint);
  }
  switch (status) {
    case 404:
      return judge_missing_model(asked, verdict);
    case 408:
      return verdict.ask_elsewhere(hg::Health::neutral, hg::Scope::none);
    case 429:
      return judge_rate_limit(error, asked, verdict);
    case 500:
    case 502:
      return verdict.ask_here_again(hg::Health::failure, hg::Scope::endpoint);
    default:
      break;
  }
  if (status >= 400 && status < 500) return verdict.tell_client();
  verdict.ask_elsewhere(hg::Health::failure, hg::Scope::endpoint);
}

}  // namespace headgate_gemini
