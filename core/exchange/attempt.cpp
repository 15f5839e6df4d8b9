#include "core/exchange/attempt.hpp"

#include <headgate/policy.h>
#include <headgate/provider.h>

#include <algorithm>

#include "core/base/log.hpp"
#include "core/exchange/attempt_stream.hpp"
#include "core/exchange/request_variables.hpp"
#include "core/net/frame.hpp"
#include "core/select/cell.hpp"

namespace headgate::exchange {
namespace {

Health health_of(std::uint32_t value) {
  switch (value) {
    case HG_HEALTH_FAILURE:
      return Health::failure;
    case HG_HEALTH_SUCCESS:
      return Health::success;
    default:
      return Health::neutral;
  }
}

Next next_of(std::uint32_t value) {
  switch (value) {
    case HG_NEXT_HERE:
      return Next::here;
    case HG_NEXT_WAIT:
      return Next::wait;
    case HG_NEXT_NEVER:
      return Next::never;
    default:
      return Next::elsewhere;
  }
}

std::uint32_t to_c(Next next) {
  switch (next) {
    case Next::here:
      return HG_NEXT_HERE;
    case Next::wait:
      return HG_NEXT_WAIT;
    case Next::never:
      return HG_NEXT_NEVER;
    case Next::elsewhere:
      return HG_NEXT_ELSEWHERE;
  }
  return HG_NEXT_ELSEWHERE;
}

std::uint32_t to_c(Health health) {
  switch (health) {
    case Health::failure:
      return HG_HEALTH_FAILURE;
    case Health::neutral:
      return HG_HEALTH_NEUTRAL;
    case Health::success:
      return HG_HEALTH_SUCCESS;
  }
  return HG_HEALTH_NEUTRAL;
}

std::uint32_t to_c(FailureKind kind) {
  switch (kind) {
    case FailureKind::status:
      return HG_FAILURE_STATUS;
    case FailureKind::connect:
    case FailureKind::transport:
      return HG_FAILURE_TRANSPORT;
    case FailureKind::timeout:
      return HG_FAILURE_TIMEOUT;
    case FailureKind::event:
      return HG_FAILURE_EVENT;
    case FailureKind::bad_answer:
    case FailureKind::cannot:
    case FailureKind::refused:
    case FailureKind::stopped:
    case FailureKind::no_room:
      return HG_FAILURE_BAD_ANSWER;
  }
  return HG_FAILURE_TRANSPORT;
}

// Room for what most answers say of their attempts.
constexpr std::size_t kAttemptsTextUsual = 100;

}  // namespace

Attempt::Attempt(const Shared& shared, select::PickResult pick, TimePoint now)
    : request_(shared.request),
      call_(shared.call),
      policies_(shared.policies),
      client_(shared.client),
      race_(shared.race),
      endpoint_(request_.backend->endpoints[pick.endpoint->index()]),
      pick_(std::move(pick)),
      context_(request_, endpoint_),
      deadline_(request_.worker.worker.sweep(),
                [this] {
                  if (connection_) connection_->stream().close();
                }),
      watch_(client_,
             [this] {
               connecting_.request();
               if (connection_) connection_->stream().close();
             }),
      pieces_(request_.arena.resource()),
      started_(now),
      sent_(started_) {
  if (request_.trace) begin_span();
}

Attempt::~Attempt() {
  watch_.end();
  call_.enter(Phase::none, nullptr);
  // Left early (the client is gone, or an error of our own): counts for nobody.
  if (!finished_) finish(select::OutcomeKind::neutral, "cancelled", HG_SCOPE_NONE, {});
}

net::Task<AttemptEnd> Attempt::run() {
  frame_ = HEADGATE_FRAME;
  request_.worker.pool.fetch_idle(*endpoint_.target);
  std::int32_t allowed = prepare();
  if (allowed == HG_PAUSE) allowed = co_await policies_.resume_attempt(context_);
  if (allowed != HG_CONTINUE) {
    co_return failed(FailureKind::refused, "policy_refused", "was refused by a policy");
  }
  MaybeFailure problem = build();
  if (problem) co_return failed(std::move(*problem));
  std::int32_t is_signed = sign();
  if (is_signed == HG_PAUSE) is_signed = co_await resume_sign();
  if (is_signed != HG_CONTINUE) {
    co_return failed(FailureKind::refused, "not_signed", "could not be given its credential");
  }
  watch_.begin();
  expect_first_token();
  problem = co_await send();
  if (problem) co_return failed(std::move(*problem));
  const int status = context_.head.status;
  if (is_refusal(status)) co_return co_await take_refusal();
  learn_limits();
  hg_plan plan{};
  problem = ask_for_plan(plan);
  if (problem) co_return failed(std::move(*problem));
  co_return co_await relay(plan);
}

// How the answer is to be read. Where no plugin reads it, its bytes pass.
Attempt::MaybeFailure Attempt::ask_for_plan(hg_plan& plan) {
  plan.size = HG_END_OF(hg_plan, reserved);
  plan.framing = HG_FRAMING_RAW;
  if (!endpoint_.provider || !request_.dialect.route) return std::nullopt;
  plan.framing = content_type_ == "text/event-stream" ? HG_FRAMING_SSE : HG_FRAMING_WHOLE;
  plan.passes = passes_dialect() ? 1 : 0;
  plan.want_body = 1;
  hg_head head{};
  head.size = HG_END_OF(hg_head, content_type);
  head.status = static_cast<std::uint32_t>(context_.head.status);
  head.content_type = plugin::str(content_type_);
  call_.enter(Phase::head, &context_);
  if (endpoint_.provider->on_head(context_.provider_context, call_, head, plan) != HG_CONTINUE) {
    return failure(FailureKind::bad_answer, "upstream_bad_response",
                   "sent a head that its plugin does not understand");
  }
  const bool in_pieces = plan.framing != HG_FRAMING_WHOLE && plan.framing != HG_FRAMING_RAW;
  if (goes_on() && !in_pieces) {
    return failure(FailureKind::bad_answer, "upstream_bad_response",
                   "sent no stream to go on with");
  }
  if (plan.framing <= HG_FRAMING_RAW) return std::nullopt;
  return failure(FailureKind::bad_answer, "plugin_error",
                 "has a plugin that asks for an unknown framing");
}

// No coroutine of its own.
net::Task<AttemptEnd> Attempt::relay(const hg_plan& plan) {
  switch (plan.framing) {
    case HG_FRAMING_WHOLE:
      return relay_whole(plan);
    case HG_FRAMING_RAW:
      return relay_raw();
    default:
      return relay_stream(plan);
  }
}

net::Task<AttemptEnd> Attempt::relay_stream(hg_plan plan) {
  StreamRelay relay(*this, plan);
  co_return co_await relay.run();
}

net::Task<AttemptEnd> Attempt::take_refusal() {
  const int status = context_.head.status;
  Failure problem =
      failure(FailureKind::status, kRefusedCode, "answered " + std::to_string(status));
  problem.status = status;
  if (auto worse = co_await read_error_body(problem)) co_return failed(std::move(*worse));
  co_return failed(std::move(problem));
}

// Whether this status makes the attempt a failure. A plain upstream's answers are the client's
// affair, but for those that the configuration wants to be tried again, while they can be.
bool Attempt::is_refusal(int status) const {
  if (endpoint_.provider) return status < 200 || status > 299;
  return request_.may_try_here_again && is_tried_again(status);
}

// Because the configuration says so.
bool Attempt::is_tried_again(int status) const {
  const auto& codes = endpoint_.retry_codes;
  if (std::find(codes.begin(), codes.end(), status) != codes.end()) return true;
  return endpoint_.retry_condition &&
         endpoint_.retry_condition.is_true(RequestVariables(request_, &context_));
}

bool Attempt::passes_dialect() const {
  return endpoint_.provider && request_.dialect.route && endpoint_.accepts_format(request_.dialect);
}

// The first meaningful event came: the endpoint's latency is known, and a probe is decided.
void Attempt::note_first_token() {
  const TimePoint now = request_.worker.worker.clock().now();
  first_token_ = last_token_ = now;
  client_.take_blocked();  // by an answer that this one goes on with
  race_.speaks(*this);
  if (!goes_on()) request_.first_token = now - request_.started;
  const double prompt_tokens = static_cast<double>(request_.body.size()) / kBytesPerToken;
  select::note_first_token(pick_.permit, select::Millis(now - sent_), prompt_tokens, now);
}

void Attempt::note_last_token() {
  last_token_ = request_.worker.worker.clock().now();
  blocked_ = client_.take_blocked();
}

milliseconds Attempt::elapsed_at(TimePoint now) const {
  return std::chrono::duration_cast<milliseconds>(now - started_);
}

// Waits for bytes of the upstream; the result is for took(). No coroutine of its own.
net::Task<net::ReadResult> Attempt::read_more(std::size_t room) {
  return connection_->stream().read_into(connection_->buffer(), room);
}

// False at the upstream's end and on errors; read_failure() says which.
bool Attempt::took(const net::ReadResult& read) {
  if (read.error || race_.beaten(*this)) {
    read_error_ = read.error;
    return false;
  }
  bytes_received_ += read.bytes;
  return true;
}

// Counts what is held of the answer; see BodyBudget.
Attempt::MaybeFailure Attempt::hold(std::size_t answer_bytes) {
  if (held_.hold(request_.worker.bodies, answer_bytes)) return std::nullopt;
  return failure(FailureKind::no_room, "too_many_bodies",
                 "gave an answer that the gateway cannot hold beside the bodies that it holds "
                 "already; try again later");
}

// Counts what was made of the request, by this attempt and those before it.
Attempt::MaybeFailure Attempt::hold_made(std::size_t more) {
  if (request_.hold_made(more)) return std::nullopt;
  return failure(FailureKind::no_room, "too_many_bodies",
                 "needs the request in a form that the gateway cannot hold beside the bodies that "
                 "it holds already; try again later");
}

Failure Attempt::failure(FailureKind kind, std::string_view code, std::string detail) const {
  Failure made;
  made.kind = kind;
  made.code = code;
  made.detail = std::move(detail);
  return made;
}

Failure Attempt::read_failure() const {
  if (deadline_.expired()) {
    const milliseconds waited = elapsed_at(request_.worker.worker.clock().now());
    return failure(FailureKind::timeout, "upstream_timeout",
                   "sent nothing for " + std::to_string(waited.count()) + " ms");
  }
  if (client_.gone()) return failure(FailureKind::transport, "client_gone", "was cancelled");
  return failure(FailureKind::transport, "upstream_closed",
                 net::is_end(read_error_) ? "closed the connection"
                                          : "broke the connection: " + read_error_.message());
}

Verdict Attempt::classify(const Failure& failure) {
  Verdict verdict = default_verdict(failure, endpoint_.provider && !request_.dialect.route);
  const bool ours = failure.kind == FailureKind::cannot || failure.kind == FailureKind::refused ||
                    failure.kind == FailureKind::stopped || failure.kind == FailureKind::no_room;
  if (!endpoint_.provider && failure.kind == FailureKind::status) {
    verdict.next = Next::here;  // is_refusal() has seen that it is asked for
    verdict.status = failure.status;
  }
  if (!endpoint_.provider || ours) return verdict;

  hg_failure in{};
  in.size = HG_END_OF(hg_failure, retry_after);
  in.kind = to_c(failure.kind);
  in.status = static_cast<std::uint32_t>(failure.status);
  in.body = plugin::str(failure.body);
  in.retry_after = count_of(failure.retry_after);
  hg_verdict out{};
  out.size = HG_END_OF(hg_verdict, message);
  out.next = to_c(verdict.next);
  out.exclude = verdict.exclude ? HG_EXCLUDE_ENDPOINT : HG_EXCLUDE_NOBODY;
  out.health = to_c(verdict.health);
  out.scope = verdict.scope;
  out.status = static_cast<std::uint32_t>(verdict.status);
  out.retry_after = count_of(verdict.retry_after);
  call_.enter(Phase::none, &context_);
  endpoint_.provider->classify(context_.provider_context, call_, in, out);

  verdict.next = next_of(out.next);
  verdict.exclude = out.exclude != HG_EXCLUDE_NOBODY;
  verdict.exclude_model = out.exclude == HG_EXCLUDE_MODEL;
  verdict.health = health_of(out.health);
  verdict.scope = out.scope <= HG_SCOPE_KEY_MODEL ? out.scope : std::uint32_t{HG_SCOPE_ENDPOINT};
  if (out.status >= 400 && out.status <= 599) verdict.status = static_cast<int>(out.status);
  verdict.retry_after.reset();
  if (out.retry_after != HG_UNKNOWN_COUNT) {
    verdict.retry_after = milliseconds(std::min<std::uint64_t>(out.retry_after, 86'400'000));
  }
  verdict.code = plugin::view(out.code);
  verdict.message = plugin::view(out.message);
  if (failure.kind == FailureKind::status && verdict.next == Next::never &&
      is_tried_again(failure.status)) {
    verdict.next = Next::here;
    verdict.exclude = verdict.exclude_model = false;
  }
  return verdict;
}

AttemptEnd Attempt::failed(FailureKind kind, std::string_view code, std::string detail) {
  return failed(failure(kind, code, std::move(detail)));
}

AttemptEnd Attempt::failed(Failure failure) {
  if (client_.gone()) {
    request_.usage = context_.usage;
    finish(select::OutcomeKind::neutral, "client_gone", HG_SCOPE_NONE, {});
    return AttemptEnd(AttemptEnd::Kind::served);
  }
  if (race_.beaten(*this)) return superseded();
  Verdict verdict = classify(failure);
  select::OutcomeKind kind = select::OutcomeKind::neutral;
  if (verdict.health == Health::failure) kind = select::OutcomeKind::failure;
  if (verdict.health == Health::success) kind = select::OutcomeKind::success;
  if (about() == select::About::another &&
      (verdict.scope == HG_SCOPE_MODEL || verdict.scope == HG_SCOPE_KEY_MODEL)) {
    // Else a model that is used up, or that nobody knows, would take the endpoint's own with it.
    kind = select::OutcomeKind::neutral;
    verdict.scope = HG_SCOPE_NONE;
  }
  if (log::enabled(log::Level::debug)) {
    log::debug("request " + request_.id + ": " + endpoint_.name + " " + failure.detail);
  }
  attempt_status_ = failure.status;
  verdict_status_ = verdict.status;
  finish(kind, failure.code, verdict.scope, verdict.retry_after);
  AttemptEnd end(std::move(failure), std::move(verdict));
  end.recorded() = std::move(context_.recorded);
  end.client_key() = endpoint_.provider && used_client_key();
  return end;
}

// The upstream did its part; what follows is about the policy.
AttemptEnd Attempt::stopped_by_policy(std::int32_t result) {
  if (result == HG_STOP && context_.recorded) {
    attempt_status_ = context_.head.status;
    request_.usage = context_.usage;
    finish(select::OutcomeKind::success, "", HG_SCOPE_NONE, {});
    return AttemptEnd(std::move(*context_.recorded));
  }
  context_.recorded.reset();
  return failed(failure(FailureKind::stopped, "policy_failed", "was stopped by a policy"));
}

void Attempt::note_served() {
  request_.served_by = &endpoint_;
  request_.served_model = context_.model;
  request_.answer_status = context_.head.status;
  request_.usage = context_.usage;
  attempt_status_ = context_.head.status;
}

AttemptEnd Attempt::served() {
  if (race_.beaten(*this)) return superseded();
  note_served();
  if (client_.gone()) {
    finish(select::OutcomeKind::neutral, "client_gone", HG_SCOPE_NONE, {});
  } else {
    give_back_connection();
    finish(select::OutcomeKind::success, "", HG_SCOPE_NONE, {});
  }
  return AttemptEnd(AttemptEnd::Kind::served);
}

AttemptEnd Attempt::broken(std::string_view code) {
  note_served();
  request_.broken_code = code;
  const bool gone = client_.gone();
  finish(gone ? select::OutcomeKind::neutral : select::OutcomeKind::failure,
         gone ? "client_gone" : code, HG_SCOPE_NONE, {});
  return AttemptEnd(AttemptEnd::Kind::broken);
}

void Attempt::give_back_connection() {
  if (!connection_ || !body_complete_ || !context_.head.keep_alive) return;
  deadline_.disarm();
  watch_.end();
  request_.worker.pool.give_back(std::move(connection_));
}

// What the client is told about how its answer came to be.
void Attempt::add_answer_headers() {
  http::HeaderMap& headers = context_.response_headers;
  headers.set_known("x-headgate-provider", endpoint_.name);
  std::string attempts;
  attempts.reserve(kAttemptsTextUsual);
  append_attempts(attempts, request_.attempts);
  const TimePoint now = request_.worker.worker.clock().now();
  answered_ = now;
  attempt_status_ = context_.head.status;
  const Attempt* const other = race_.other(*this);
  const bool other_first = other && other->started_ < started_;
  if (other_first) append_attempt(attempts, other->note_at(now, "superseded"));
  append_attempt(attempts, note_at(now, {}));
  if (other && !other_first) append_attempt(attempts, other->note_at(now, "superseded"));
  headers.set_known("x-headgate-attempts", attempts);
  headers.set_known("x-headgate-request-id", request_.id);
}

}  // namespace headgate::exchange
