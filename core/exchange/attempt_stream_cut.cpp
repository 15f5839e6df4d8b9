// A stream that breaks off after the client has had a part of it, where something else is wanted of
// that than an error: another attempt goes on with it (stream.onCut: continue), or nothing was sent
// before all of it was there (hold).

#include <headgate/dialect.h>

#include <utility>

#include "core/base/log.hpp"
#include "core/exchange/attempt_stream.hpp"
#include "core/exchange/continuation.hpp"

namespace headgate::exchange {

AttemptEnd Attempt::cut(Failure failure, KeptAnswer answer) {
  Continuation& continuation = *request_.continuation;
  note_served();  // the client has a part of it, whoever says the rest
  continuation.begin(std::move(answer), endpoint_.name, failure);
  log::info("request " + request_.id + ": the answer of " + endpoint_.name +
            " broke off; another provider is to go on with it");
  AttemptEnd end = failed(std::move(failure));
  continuation.add_usage(std::exchange(request_.usage, Usage()));
  if (end.kind == AttemptEnd::Kind::failed) end.move_elsewhere();
  return end;
}

bool Attempt::goes_on() const {
  return request_.continuation && request_.continuation->active();
}

// False: failure_ says why not.
bool StreamRelay::begin_keeping() {
  RequestContext& request = attempt_.request_;
  if (!request.continuation) return true;
  const plugin::DialectInstance* const dialect = event_dialect(request, plan_.passes != 0);
  if (!joins_) {
    kept_ = std::make_unique<KeptAnswer>(dialect, request.worker.bodies);
    return true;
  }
  if (request.continuation->begin_stream(dialect)) return true;
  refuse(FailureKind::bad_answer, "upstream_bad_response", "answers in another format");
  return false;
}

// Notes what the client gets to see of shown_, or makes it what is new to the client.
StreamRelay::Step StreamRelay::keep_shown(std::uint32_t flags) {
  if (kept_) {
    for (const EmittedEvent& event : shown_) kept_->keep(attempt_.call_, event.data);
  }
  if (!joins_ || attempt_.request_.continuation->join(shown_, flags)) return Step::more;
  return refuse_different();
}

// What a joined answer has left to say when it is over.
StreamRelay::Step StreamRelay::end_joined() {
  if (!joins_) return Step::more;
  shown_.clear();
  if (!attempt_.request_.continuation->end_stream(shown_)) return refuse_different();
  return shown_.empty() ? Step::more : show(HG_EVENT_MEANINGFUL);
}

StreamRelay::Step StreamRelay::refuse_different() {
  attempt_.request_.continuation->note_different(attempt_.endpoint_.name);
  return refuse(FailureKind::stopped, "answer_differs", "gave another answer");
}

bool StreamRelay::may_be_gone_on_with() const {
  if (joins_) return attempt_.request_.continuation->answer_complete();
  return kept_ && kept_->complete() && failure_.kind != FailureKind::stopped;
}

// The client has the head and some of the answer; somebody else may have the rest.
net::Task<AttemptEnd> StreamRelay::give_up_to_others() {
  const bool nothing_said = !gate_.open() || failure_.kind == FailureKind::stopped;
  if (joins_ && nothing_said) co_return attempt_.failed(std::move(failure_));
  const bool written = co_await flush(false);
  if (!written) co_return stopped();
  attempt_.note_last_token();
  KeptAnswer answer = joins_ ? attempt_.request_.continuation->take_answer() : std::move(*kept_);
  co_return attempt_.cut(std::move(failure_), std::move(answer));
}

bool StreamRelay::holds() {
  if (!holds_) return false;
  const std::size_t bytes = held_bytes_ + output_.bytes();
  holds_ = bytes <= kHeldBytesMax &&
           held_share_.grow_to(attempt_.request_.worker.bodies, (bytes | (kHeldStep - 1)) + 1);
  return holds_;
}

}  // namespace headgate::exchange
