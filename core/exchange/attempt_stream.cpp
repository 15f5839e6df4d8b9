#include "core/exchange/attempt_stream.hpp"

#include <headgate/dialect.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/log.hpp"
#include "core/exchange/continuation.hpp"

namespace headgate::exchange {
namespace {

http::EventFraming framing_of(std::uint32_t framing) {
  switch (framing) {
    case HG_FRAMING_NDJSON:
      return http::EventFraming::ndjson;
    case HG_FRAMING_AWS:
      return http::EventFraming::aws_event_stream;
    default:
      return http::EventFraming::sse;
  }
}

// What makes an event worth a call.
WordFilter words_of(const hg_plan& plan) {
  std::array<std::string_view, WordFilter::kWordsMax> words;
  const std::size_t count = std::min<std::size_t>(plan.literal_count, words.size());
  for (std::size_t i = 0; i < count; ++i) words[i] = plugin::view(plan.literals[i]);
  return WordFilter(std::span(words).first(count));
}

}  // namespace

StreamRelay::StreamRelay(Attempt& attempt, const hg_plan& plan)
    : attempt_(attempt),
      plan_(plan),
      cutter_(framing_of(plan.framing)),
      shown_words_(words_of(plan)),
      output_(*attempt.request_.arena.resource()),
      alike_(shown_words_),
      joins_(attempt.goes_on()),
      begun_(joins_),
      holds_(attempt.request_.backend->on_cut == config::StreamConfig::OnCut::hold) {}

net::Task<AttemptEnd> StreamRelay::run() {
  attempt_.deadline_.disarm();  // from here on it is armed for each read
  if (!begin_keeping()) co_return co_await fail();
  if (!attempt_.content_encoding_.empty() && !start_decoding()) co_return co_await fail();
  for (;;) {
    const Step step = take_in();
    if (step == Step::failed) co_return co_await fail();
    if (!gate_.open() && !has_room()) co_return co_await fail();
    if (upstream_done_) co_return co_await finish();
    const bool written = co_await flush(false);
    if (!written) co_return stopped();
    const bool more = co_await fill();
    if (!more && !upstream_done_) co_return co_await fail();
  }
}

// For what waits for the commit.
bool StreamRelay::has_room() {
  auto no_room = attempt_.hold(output_.bytes() + held_bytes_ + events_.size());
  if (no_room) failure_ = std::move(*no_room);
  return !no_room;
}

StreamRelay::Step StreamRelay::handle(const http::Event& event) {
  if (!event.has_data && unterminated_) return Step::more;  // less than an event
  if (!event.has_data) {
    // Comments keep connections alive; they say nothing, and mean nothing in another format.
    const bool room =
        (begun_ && gate_.open()) || output_.bytes() + event.raw.size() <= CommitGate::kBytesMax;
    if (plan_.passes != 0 && room) pass(event.raw);
    return Step::more;
  }
  // An event lies in a ReadBuffer, which has padding behind it.
  if (alike_.is_alike(event.raw)) return handle_alike(event);
  return handle_shown(event);
}

// Whether nobody but the plugin looks at events.
bool StreamRelay::passes_alike() const {
  return !kept_ && !joins_ && !attempt_.policies_.reads_events();
}

StreamRelay::Step StreamRelay::handle_alike(const http::Event& event) {
  note_alike();
  if (joins_ || attempt_.policies_.reads_events()) {
    attempt_.call_.clear_emitted();
    shown_.assign(1, EmittedEvent{std::string(event.type), std::string(event.data)});
    return emit(alike_flags_);
  }
  if (kept_) kept_->keep(attempt_.call_, event.data);
  pass(event.raw);
  return Step::more;
}

// Events that the plugin passed for nothing but a piece of the answer. What is like them, and has
// none of its literals, it need not see.
void StreamRelay::learn(const http::Event& event, std::uint32_t flags) {
  if (!gate_.open() || plan_.literal_count == 0 || plan_.passes == 0 || unterminated_) return;
  if ((flags & ~std::uint32_t{HG_EVENT_TOOL}) != HG_EVENT_MEANINGFUL) return;
  if (flags != alike_flags_) alike_.forget();
  alike_flags_ = flags;
  alike_.learn(event);
}

// What should be JSON and is not. Where pieces make one whole, what is left is worth nothing
// without it.
StreamRelay::Step StreamRelay::drop(std::uint32_t flags) {
  attempt_.endpoint_.attempts->event_dropped(attempt_.request_.worker.metrics);
  if (!dropped_any_) {
    log::warn("request " + attempt_.request_.id + ": an event of " + attempt_.endpoint_.name +
              " is not JSON and was dropped; if more of this stream are, they are only counted");
  }
  dropped_any_ = true;
  if (!in_tool_call_ && (flags & HG_EVENT_TOOL) == 0) return Step::more;
  return refuse(FailureKind::bad_answer, "upstream_bad_event",
                "sent an event that is not JSON where none can be missing");
}

StreamRelay::Step StreamRelay::handle_shown(const http::Event& event) {
  hg_event in{};
  in.size = HG_END_OF(hg_event, data);
  in.committed = begun_ ? 1 : 0;
  in.type = plugin::str(event.type);
  in.data = plugin::str(event.data);
  std::uint32_t flags = 0;
  Call& call = attempt_.call_;
  call.clear_emitted();
  call.enter(Phase::event, &attempt_.context_);
  const std::int32_t result =
      attempt_.endpoint_.provider->on_event(attempt_.context_.provider_context, call, in, flags);
  if ((flags & HG_EVENT_NOT_JSON) != 0) return drop(flags);
  if ((flags & HG_EVENT_ERROR) != 0) {
    failure_ =
        attempt_.failure(FailureKind::event, "upstream_error_event", "sent an error in its stream");
    failure_.status = attempt_.context_.head.status;
    failure_.body = event.data;
    const bool words = plan_.passes != 0 && !attempt_.request_.mentions_credential(event.raw);
    if (kept_ && words) attempt_.request_.continuation->set_words(event.data);
    if (begun_ && words && !may_be_gone_on_with()) {
      pass(event.raw);  // the provider's own words, in the client's format
      error_passed_ = true;
    }
    return Step::failed;
  }
  if (result == HG_ABORT) {
    return refuse(FailureKind::bad_answer, "upstream_bad_event",
                  "sent an event that its plugin cannot read");
  }
  const Step step = note(flags, event.raw.size());
  if (step != Step::more) return step;
  if (result == HG_CONTINUE) learn(event, flags);
  const bool end_marker = (flags & HG_EVENT_END) != 0;
  if (result == HG_CONTINUE && plan_.passes != 0 && !joins_ &&
      ((end_marker && held_.empty()) || !attempt_.policies_.reads_events())) {
    if (kept_ && !end_marker) kept_->keep(call, event.data);
    pass(event.raw);
    end_marked_ = end_marked_ || end_marker;
    return Step::more;
  }
  if (end_marker) return Step::more;  // the client's own end is written by finish()
  shown_.clear();
  if (result == HG_CONTINUE) {
    shown_.push_back(EmittedEvent{std::string(event.type), std::string(event.data)});
  } else {
    shown_.swap(call.emitted());
  }
  return emit(flags);
}

// What an event was, for the gate, the statistics and the end of the stream.
StreamRelay::Step StreamRelay::note(std::uint32_t flags, std::size_t bytes) {
  if ((flags & (HG_EVENT_FINAL | HG_EVENT_END)) != 0) finished_ = true;
  // An event that says nothing, or only counts, ends no call.
  constexpr std::uint32_t kEndsCall = HG_EVENT_MEANINGFUL | HG_EVENT_FINAL | HG_EVENT_END;
  if ((flags & (HG_EVENT_TOOL | kEndsCall)) != 0) in_tool_call_ = (flags & HG_EVENT_TOOL) != 0;
  const bool was_open = gate_.open();
  if (gate_.on_event(flags, bytes) == CommitGate::Decision::fail) {
    return refuse(FailureKind::event, "upstream_error_event", "sent an error in its stream");
  }
  if (!was_open && gate_.open()) attempt_.note_first_token();
  return Step::more;
}

// Events of the neutral form (or of the client's, where a policy reads them): policies, then the
// dialect, then the client's framing.
StreamRelay::Step StreamRelay::emit(std::uint32_t flags) {
  if (kept_ || joins_) {
    const Step step = keep_shown(flags);
    if (step != Step::more || shown_.empty()) return step;
  }
  // Policies and the dialect have one context for all attempts of a request: they see nothing of
  // one that may still fail, or lose against another.
  if ((!gate_.open() || holds()) && changes_events()) {
    for (const EmittedEvent& event : shown_) held_bytes_ += event.data.size();
    held_.emplace_back(std::exchange(shown_, {}), flags);
    return Step::more;
  }
  const Step step = emit_held();
  return step == Step::more ? show(flags) : step;
}

// Whether what the provider said is shown to anybody before it goes out.
bool StreamRelay::changes_events() const {
  return attempt_.policies_.reads_events() ||
         (plan_.passes == 0 && !attempt_.request_.dialect.dialect->declares().neutral);
}

StreamRelay::Step StreamRelay::emit_held() {
  for (auto& [events, flags] : std::exchange(held_, {})) {
    std::swap(shown_, events);
    const Step step = show(flags);
    std::swap(shown_, events);
    if (step != Step::more) return step;
  }
  held_bytes_ = 0;
  return Step::more;
}

StreamRelay::Step StreamRelay::show(std::uint32_t flags) {
  if (attempt_.policies_.reads_events() &&
      !attempt_.policies_.on_event(attempt_.context_, shown_, flags)) {
    return refuse(FailureKind::stopped, "policy_failed", "was stopped by a policy");
  }
  const plugin::DialectInstance& dialect = *attempt_.request_.dialect.dialect;
  if (plan_.passes != 0 || dialect.declares().neutral) {
    for (const EmittedEvent& event : shown_) output_.add_event(event.data);
    return Step::more;
  }
  Call& call = attempt_.call_;
  for (const EmittedEvent& event : shown_) {
    call.clear_emitted();
    call.enter(Phase::event, &attempt_.context_);
    const std::int32_t result =
        dialect.from_neutral_event(attempt_.request_.dialect_context, call, event.data, flags);
    if (result == HG_ABORT) {
      return refuse(FailureKind::bad_answer, "not_translatable",
                    "sent an event that cannot be translated");
    }
    if (result == HG_CONTINUE) output_.add_event(event.data);
    for (const EmittedEvent& made : call.emitted()) output_.add_event(made.data);
  }
  return Step::more;
}

StreamRelay::Step StreamRelay::refuse(FailureKind kind, std::string_view code, std::string detail) {
  failure_ = attempt_.failure(kind, code, std::move(detail));
  return Step::failed;
}

void StreamRelay::pass(std::string_view raw) {
  if (!unterminated_) return output_.pass(raw);
  output_.add(raw);  // what follows must not become part of it
  output_.add("\n\n");
}

// Before the commit everything is held (settled, because the buffer moves on).
net::Task<bool> StreamRelay::flush(bool last) {
  if (!gate_.open() || (holds_ && !last && holds())) {
    output_.settle();
    co_return !attempt_.client_.gone();
  }
  const std::span<const BodyPiece> pieces = output_.pieces();
  bool written = true;
  if (!begun_) {
    if (plan_.passes == 0 || plan_.framing != HG_FRAMING_SSE) {
      attempt_.context_.response_headers.set("content-type", "text/event-stream; charset=utf-8");
    }
    if (!attempt_.race_.commit(attempt_)) co_return false;
    stop_ = attempt_.policies_.on_response(attempt_.context_);
    if (stop_ != HG_CONTINUE) co_return false;
    begun_ = true;
    attempt_.add_answer_headers();
    written = co_await attempt_.client_.begin_answer(attempt_.context_.head.status,
                                                     attempt_.context_.response_headers,
                                                     std::nullopt, pieces, last);
  } else if (last) {
    written = co_await attempt_.client_.end_answer(pieces);
  } else {
    written = co_await attempt_.client_.send(pieces);
  }
  output_.clear();
  co_return written;
}

// The upstream's stream is over, in order or not: was it complete?
net::Task<AttemptEnd> StreamRelay::finish() {
  Call& call = attempt_.call_;
  std::uint32_t flags = 0;
  call.clear_emitted();
  call.enter(Phase::event, &attempt_.context_);
  const std::int32_t result = attempt_.endpoint_.provider->on_end(
      attempt_.context_.provider_context, call, HG_END_COMPLETE, flags);
  const bool reads = attempt_.endpoint_.provider->reads_events();
  if (!reads && attempt_.body_complete_) flags |= HG_EVENT_FINAL;
  if (result == HG_ABORT) {
    refuse(FailureKind::bad_answer, "upstream_cut",
           "ended its stream before the answer was complete");
    co_return co_await fail();
  }
  if (flags != 0) note(flags, 0);
  shown_.clear();
  shown_.swap(call.emitted());
  if (!shown_.empty() && emit(flags) == Step::failed) co_return co_await fail();
  if (!finished_) {
    refuse(FailureKind::transport, "upstream_cut",
           "ended its stream before the answer was complete");
    co_return co_await fail();
  }
  if (!gate_.open()) gate_.on_event(HG_EVENT_FINAL, 0);
  if (emit_held() == Step::failed || end_joined() == Step::failed) co_return co_await fail();
  if (!end_marked_) output_.add(attempt_.request_.dialect.dialect->declares().event_end);
  attempt_.note_last_token();
  const bool written = co_await flush(true);
  if (!written) co_return stopped();
  co_return attempt_.served();
}

// Nothing more can be written: the client left, or a policy stopped the answer at its head.
AttemptEnd StreamRelay::stopped() {
  if (stop_ == HG_CONTINUE) return attempt_.served();
  return attempt_.stopped_by_policy(stop_);
}

// Before the commit the attempt has failed, and another endpoint may serve. Afterwards the client
// is told in its own format: a cut stream never looks like a complete one.
net::Task<AttemptEnd> StreamRelay::fail() {
  if (attempt_.client_.gone()) co_return attempt_.served();
  if (!begun_) co_return attempt_.failed(std::move(failure_));
  if (may_be_gone_on_with()) co_return co_await give_up_to_others();
  attempt_.note_error_event(failure_);
  const std::string_view code = failure_.code;
  std::string message =
      "the answer of '" + attempt_.endpoint_.name + "' broke off: it " + failure_.detail;
  co_return co_await end_broken(code, std::move(message));
}

net::Task<AttemptEnd> StreamRelay::end_broken(std::string_view code, std::string message) {
  if (!error_passed_) {
    output_.add(error_event(attempt_.request_, attempt_.call_, &attempt_.context_, code, message));
  }
  const std::span<const BodyPiece> pieces = output_.pieces();
  attempt_.client_.close_after_answer();
  co_await attempt_.client_.end_answer(pieces);
  attempt_.note_last_token();
  co_return attempt_.broken(code);
}

}  // namespace headgate::exchange
