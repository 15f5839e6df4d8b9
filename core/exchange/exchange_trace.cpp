// A request in its trace: whether it is recorded, and what is told of it at its end.

#include <new>

#include "core/exchange/exchange.hpp"
#include "core/http/header_rules.hpp"

namespace headgate::exchange {

void Exchange::begin_trace() {
  constexpr std::string_view kName = "traceparent";
  std::optional<std::string_view> parent;
  for (const http::Header& header : request_.head.headers) {
    if (header.name.size() != kName.size() || !http::equals_ignoring_case(header.name, kName)) {
      continue;
    }
    // Two of them say nothing that could be relied on.
    parent = parent ? std::string_view() : header.value;
  }
  const auto trace = worker_.tracer->sample(parent, worker_.worker.rng());
  if (!trace) return;
  void* const place = arena_.allocate(sizeof(RequestTrace), alignof(RequestTrace));
  request_.trace = new (place) RequestTrace(*trace, arena_);
  request_.trace->trace.minor_version = request_.head.minor_version;
  request_.trace->trace.tls = stream_.tls() != nullptr;
}

void Exchange::write_trace(observe::AccessRecord& record) {
  const RequestTrace& of = *request_.trace;
  record.trace_id = arena_.copy(hex(of.trace.self.trace));
  record.span_id = arena_.copy(observe::hex(of.trace.self.span));
  const observe::SpanFields& fields = worker_.tracer->fields();
  for (const std::string& name : fields.added.headers()) add_logged_header(record, name);
  std::vector<observe::AttemptSpan> attempts;
  attempts.reserve(of.attempts.size());
  for (const observe::AttemptSpan* attempt : of.attempts) attempts.push_back(*attempt);
  worker_.tracer->submit(observe::write_spans(of.trace, record, attempts, fields),
                         attempts.size() + 1);
}

}  // namespace headgate::exchange
