// How long an attempt may take before another endpoint is asked as well, and how it ends when that
// one was first.

#include <algorithm>

#include "core/exchange/attempt.hpp"
#include "core/select/usual_time.hpp"

namespace headgate::exchange {

// Only a stream has a first token; a whole answer says nothing until it is complete, however quick
// the model is.
std::optional<TimePoint> Attempt::soft_limit_end() const {
  if (!request_.facets.stream || !endpoint_.provider || !request_.dialect.route) {
    return std::nullopt;
  }
  if (endpoint_.timeout.first_token_soft) {
    if (endpoint_.timeout.first_token_soft->count() == 0) return std::nullopt;
    return sent_ + *endpoint_.timeout.first_token_soft;
  }
  const double prompt_tokens = static_cast<double>(request_.body.size()) / kBytesPerToken;
  const auto usual = select::usual_first_token(pick_.permit, prompt_tokens, sent_);
  if (!usual) return sent_ + kSoftLimitMost;
  const select::Millis limit =
      std::clamp<select::Millis>(*usual * kSoftLimitFactor, kSoftLimitLeast, kSoftLimitMost);
  return sent_ + std::chrono::duration_cast<milliseconds>(limit);
}

// The request goes out: from here on somebody waits for its answer.
void Attempt::expect_first_token() {
  // Who goes on with an answer does so alone: two would both say the rest of it.
  if ((!request_.facets.stream && !endpoint_.hedge) || goes_on()) return;
  sent_ = request_.worker.worker.clock().now();
  const auto soft = soft_limit_end();
  if (endpoint_.hedge && endpoint_.provider && request_.dialect.route) {
    const double prompt_tokens = static_cast<double>(request_.body.size()) / kBytesPerToken;
    const auto usual = request_.facets.stream
                           ? select::usual_first_token(pick_.permit, prompt_tokens, sent_)
                           : select::usual_whole_answer(pick_.permit, about(), sent_);
    if (usual) {
      const TimePoint late = sent_ + std::chrono::ceil<milliseconds>(*usual);
      if (!soft || late < *soft) return race_.expect(late, SecondCause::hedge);
    }
  }
  if (soft) race_.expect(*soft, SecondCause::slow);
}

void Attempt::end_early() {
  connecting_.request();
  if (connection_) connection_->stream().close();
  policies_.interrupt();
}

AttemptNote Attempt::note_at(TimePoint now, std::string_view code) const {
  AttemptNote note;
  note.endpoint = endpoint_.name;
  note.status = attempt_status_;
  note.code = code;
  note.duration = elapsed_at(now);
  return note;
}

// It lost, which says of its endpoint only that it took longer than the other one's.
AttemptEnd Attempt::superseded() {
  connection_.reset();
  attempt_status_ = 0;
  finish(select::OutcomeKind::neutral, "superseded", HG_SCOPE_NONE, {});
  const Usage& usage = context_.usage;
  observe::GenAiSeries* const series = endpoint_.series_of(request_.dialect);
  if (series && (usage.input || usage.output)) {
    observe::GenAiSample sample;
    sample.model = context_.model;
    sample.input_tokens = usage.input;
    sample.output_tokens = usage.output;
    series->dropped(request_.worker.metrics, sample);
  }
  return AttemptEnd(AttemptEnd::Kind::superseded);
}

}  // namespace headgate::exchange
