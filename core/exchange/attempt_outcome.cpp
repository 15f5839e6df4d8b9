// How an attempt ended: what policies say of it, what is counted, and who is told.

#include <headgate/policy.h>

#include "core/exchange/attempt.hpp"
#include "core/exchange/endpoint_directory.hpp"
#include "core/exchange/probe_plan.hpp"
#include "core/exchange/prober.hpp"

namespace headgate::exchange {
namespace {

std::uint32_t to_c(select::OutcomeKind kind) {
  switch (kind) {
    case select::OutcomeKind::failure:
      return HG_HEALTH_FAILURE;
    case select::OutcomeKind::success:
      return HG_HEALTH_SUCCESS;
    default:
      return HG_HEALTH_NEUTRAL;
  }
}

select::OutcomeKind kind_of(std::uint32_t health) {
  switch (health) {
    case HG_HEALTH_FAILURE:
      return select::OutcomeKind::failure;
    case HG_HEALTH_SUCCESS:
      return select::OutcomeKind::success;
    default:
      return select::OutcomeKind::neutral;
  }
}

}  // namespace

std::uint64_t Attempt::count_of(const std::optional<milliseconds>& time) {
  return time ? static_cast<std::uint64_t>(time->count()) : HG_UNKNOWN_COUNT;
}

// For the upstream. What came after its last byte, and in between, was waited for the client.
select::Millis Attempt::waited_at(TimePoint now) const {
  return select::Millis(answered_.value_or(now) - sent_ - blocked_);
}

// From the first token to the last, as far as the upstream is concerned. While a client does not
// read, the upstream may have gone on or not: of a stream that was held up for long, nobody knows
// its own pace.
std::optional<select::Millis> Attempt::streaming() const {
  if (!first_token_ || !last_token_) return std::nullopt;
  const select::Millis taken = *last_token_ - *first_token_;
  const select::Millis blocked = blocked_;
  if (blocked > kBlockedShareMax * taken) return std::nullopt;
  return taken - blocked;
}

select::About Attempt::about() const {
  if (endpoint_.provider && !request_.dialect.route) return select::About::unread;
  if (endpoint_.model.empty() || endpoint_.sets_model(request_.dialect)) {
    return select::About::model;
  }
  // The operation is one that the endpoint's model is not for.
  return context_.model == endpoint_.model ? select::About::model : select::About::another;
}

// An outcome is recorded once, whatever way the attempt ends.
void Attempt::finish(select::OutcomeKind kind, std::string_view code, std::uint32_t scope,
                     std::optional<milliseconds> retry_after) {
  finished_ = true;
  deadline_.disarm();
  if (!pick_.permit) return;  // a probe of the gateway's own: whoever sent it knows what it means
  const TimePoint now = request_.worker.worker.clock().now();
  if (endpoint_.provider && used_client_key() && is_about_caller(scope)) {
    pick_.permit.use_caller_credential();
  }
  if (!endpoint_.on_judge.empty()) kind = judged(kind, code, scope, retry_after);
  select::AttemptOutcome outcome;
  outcome.kind = kind;
  outcome.caller_credential = pick_.permit.caller_credential();
  outcome.model = context_.model;
  outcome.about = about();
  // As it was estimated for the choice: who never answers counts no tokens.
  outcome.prompt_tokens = static_cast<double>(request_.body.size()) / kBytesPerToken;
  if (kind == select::OutcomeKind::success) {
    outcome.output_tokens = static_cast<double>(context_.usage.output.value_or(0));
    outcome.streaming = streaming();
    if (!first_token_) outcome.whole_answer = waited_at(now);
  } else if (!first_token_) {
    outcome.waited = waited_at(now);
    outcome.waited_for_whole = !request_.facets.stream;
  }
  const select::OutcomeFacts facts = select::record(pick_.permit, outcome, now);
  // By now the model is known there, if it was not before.
  if (limited_until_) hold_back(*limited_until_);
  endpoint_.attempts->attempt(request_.worker.metrics, code.empty() ? "success" : code);
  request_.attempts.push_back(note_at(now, code));
  if (span_) end_span(now, code);
  // A model that is not there counts for nothing, and is to be taken out all the same.
  const bool named = scope != HG_SCOPE_NONE && !outcome.caller_credential;
  if (named && !facts.counted && scope == HG_SCOPE_MODEL) {
    // Of a half-open return it is the answer all the same: what follows is an eviction in a row.
    pick_.permit.fail_probe_of(select::Scope::model, now);
  }
  if (facts.counted || named) tell_policies(facts, kind, code, scope, retry_after);
  if (endpoint_.probe && kind != select::OutcomeKind::success) {
    request_.worker.prober->watch(*request_.snapshot, *endpoint_.probe, *pick_.permit.cell());
    request_.worker.prober->watch(*request_.snapshot, *endpoint_.probe, endpoint_.probe->cell());
  }
  pick_.permit.release();
}

// With the client's own key, what is said about key, quota or model is between the two of them: one
// caller's bad key must not evict a provider for everybody. A server error or silence is not. An
// event inside a good answer may say it as well as a status.
bool Attempt::is_about_caller(std::uint32_t scope) const {
  const auto is_4xx = [](int status) { return status >= 400 && status < 500; };
  return is_4xx(attempt_status_) || is_4xx(verdict_status_) || scope == HG_SCOPE_KEY ||
         scope == HG_SCOPE_MODEL || scope == HG_SCOPE_KEY_MODEL;
}

void Attempt::note_error_event(const Failure& failure) {
  if (failure.kind != FailureKind::event || !endpoint_.provider || !used_client_key()) return;
  const Verdict verdict = classify(failure);
  verdict_status_ = verdict.status;
  if (is_about_caller(verdict.scope)) pick_.permit.use_caller_credential();
}

// An answer may be a failure, or none, because a policy says so. What is no answer is not asked
// about.
select::OutcomeKind Attempt::judged(select::OutcomeKind kind, std::string_view code,
                                    std::uint32_t scope, std::optional<milliseconds> retry_after) {
  if (!code.empty() && code != kRefusedCode) return kind;
  hg_outcome outcome = outcome_for_policies(kind, code, scope, retry_after);
  policies_.judge(context_, outcome);
  return kind_of(outcome.health);
}

hg_outcome Attempt::outcome_for_policies(select::OutcomeKind kind, std::string_view code,
                                         std::uint32_t scope,
                                         std::optional<milliseconds> retry_after) const {
  hg_outcome outcome{};
  outcome.size = HG_END_OF(hg_outcome, code);
  outcome.health = to_c(kind);
  const std::size_t place = pick_.endpoint->model_place(context_.model);
  outcome.endpoint = EndpointDirectory::id_for(endpoint_.id, place);
  outcome.endpoint_name = plugin::str(endpoint_.name);
  outcome.status = static_cast<std::uint32_t>(attempt_status_);
  outcome.scope = scope;
  outcome.retry_after = count_of(retry_after);
  outcome.health_score = 1;
  outcome.code = plugin::str(code);
  return outcome;
}

void Attempt::tell_policies(const select::OutcomeFacts& facts, select::OutcomeKind kind,
                            std::string_view code, std::uint32_t scope,
                            std::optional<milliseconds> retry_after) {
  if (endpoint_.on_outcome.empty()) return;
  hg_outcome outcome = outcome_for_policies(kind, code, scope, retry_after);
  outcome.consecutive_failures = facts.consecutive_failures;
  outcome.evictions_in_row = facts.evictions_in_a_row;
  outcome.health_score = facts.health;
  policies_.on_outcome(context_, outcome);
}

}  // namespace headgate::exchange
