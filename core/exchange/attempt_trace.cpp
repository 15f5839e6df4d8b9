// The span of an attempt, where its request is recorded.

#include <new>

#include "core/exchange/attempt.hpp"

namespace headgate::exchange {

void Attempt::begin_span() {
  RequestTrace& of = *request_.trace;
  void* const place =
      request_.arena.allocate(sizeof(observe::AttemptSpan), alignof(observe::AttemptSpan));
  span_ = new (place) observe::AttemptSpan();
  span_->id = observe::draw_span_id(request_.worker.worker.rng());
  span_->number = ++of.trace.attempts;
  span_->start = span_->end = started_ - request_.started;
  span_->endpoint = endpoint_.name;
  if (endpoint_.provider) span_->provider_kind = endpoint_.provider->manifest().key;
  const upstream::Target& target = *endpoint_.target;
  span_->host = target.unix_path().empty() ? target.host() : target.unix_path();
  span_->port = target.unix_path().empty() ? target.port() : std::uint16_t{0};
  span_->reason = select::reason_name(pick_.reason);
  of.attempts.push_back(span_);
}

void Attempt::end_span(TimePoint now, std::string_view code) {
  span_->end = now - request_.started;
  if (first_token_) span_->first_token = *first_token_ - sent_;
  span_->model = context_.model;
  span_->status = attempt_status_;
  span_->code = code;
  span_->input_tokens = context_.usage.input;
  span_->output_tokens = context_.usage.output;
  span_->cached_tokens = context_.usage.cache_read;
  span_->reasoning_tokens = context_.usage.reasoning;
}

// The upstream's spans are below the attempt's. What the client said of its trace for others goes
// along as long as it is that trace.
void Attempt::send_trace_context() {
  observe::TraceParent self = request_.trace->trace.self;
  self.span = span_->id;
  context_.headers.set("traceparent", observe::format_traceparent(self));
  if (request_.trace->trace.parent == 0) context_.headers.remove("tracestate");
}

}  // namespace headgate::exchange
