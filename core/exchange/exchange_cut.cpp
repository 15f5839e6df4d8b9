// What a request does about answers that break off after the client has had a part of them.

#include <algorithm>
#include <array>

#include "core/exchange/continuation.hpp"
#include "core/exchange/exchange.hpp"

namespace headgate::exchange {

// Where the route asks for it, and where there is a stream of text to go on with.
void Exchange::expect_cuts() {
  if (request_.backend->on_cut != config::StreamConfig::OnCut::go_on || !request_.facets.stream ||
      !request_.dialect.route || !request_.dialect.dialect->joins()) {
    return;
  }
  call_.enter(Phase::none, nullptr);
  if (request_.dialect.dialect->continuable(call_) != HG_CONTINUE) return;
  continuation_ = std::make_unique<Continuation>(request_, call_);
  request_.continuation = continuation_.get();
}

bool Exchange::goes_on() const {
  return continuation_ && continuation_->active();
}

// A provider that was asked to go on and would not is asked afresh, at once and out of turn: the
// failure is about how it was asked. The attempt counts all the same.
bool Exchange::asks_afresh(const AttemptEnd& end, const EndpointPlan& failed) {
  return goes_on() && continuation_->prefill_refused(end.failure(), end.verdict()) &&
         retry_.attempts < failed.retry.attempts_max;
}

// Nobody could go on with the answer: it ends as one does that nobody tries to.
net::Task<void> Exchange::end_cut() {
  const std::string message = continuation_->message();
  request_.broken_code = continuation_->code();
  std::string text;
  if (continuation_->words().empty()) {
    text = error_event(request_, call_, nullptr, continuation_->code(), message);
  } else {
    append_event(text, continuation_->words());
  }
  const std::array<BodyPiece, 1> pieces{BodyPiece{text}};
  client_.close_after_answer();
  co_await client_.end_answer(pieces);
}

// What came of going on with an answer, at the end of the request.
void Exchange::count_cut() {
  if (!goes_on()) return;
  std::string_view result = "whole";
  if (!request_.broken_code.empty())
    result = continuation_->was_different() ? "different" : "error";
  if (client_.gone()) result = "client_gone";
  for (const EndpointPlan& endpoint : request_.backend->endpoints) {
    if (endpoint.name != continuation_->cut_of()) continue;
    endpoint.attempts->gone_on(result);
    return;
  }
}

}  // namespace headgate::exchange
