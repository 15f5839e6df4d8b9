#include "core/exchange/continuation.hpp"

#include <algorithm>
#include <utility>

namespace headgate::exchange {
namespace {

void add(std::optional<std::uint64_t>& sum, const std::optional<std::uint64_t>& more) {
  if (more) sum = sum.value_or(0) + *more;
}

void add_all(Usage& sum, const Usage& more) {
  add(sum.input, more.input);
  add(sum.output, more.output);
  add(sum.cache_read, more.cache_read);
  add(sum.cache_write, more.cache_write);
  add(sum.reasoning, more.reasoning);
}

}  // namespace

const plugin::DialectInstance* event_dialect(const RequestContext& request, bool passes) {
  const plugin::DialectInstance* const own = request.dialect.dialect;
  if (passes || own->declares().neutral) return own;
  for (const auto& dialect : request.snapshot->dialects.dialects()) {
    if (dialect->declares().neutral) return dialect.get();
  }
  return nullptr;
}

void Continuation::begin(KeptAnswer answer, std::string_view endpoint, const Failure& failure) {
  match_.reset();
  answer_.emplace(std::move(answer));
  client_bytes_ = answer_->text().size();
  if (!cut_of_.empty()) return;
  cut_of_ = endpoint;
  code_ = failure.code;
  detail_ = failure.detail;
}

bool Continuation::fits(const EndpointPlan& endpoint) const {
  if (!endpoint.provider) return false;
  const bool passes = endpoint.provider->declares().accepts_dialect(request_.dialect_id());
  return event_dialect(request_, passes) == answer_->dialect();
}

void Continuation::write_prefill(const plugin::ProviderInstance& provider, hg_build& in) {
  prefilled_ = false;
  const std::string_view text = TextMatch::trimmed(answer_->text());
  call_.enter(Phase::none, nullptr);
  if (prefill_refused_ || text.empty() || !provider.prefills(call_, in)) return;

  JsonBody before(request_.arena, request_.worker.scanner);
  before.share(request_.body);
  hg_prefill prefill{};
  prefill.size = HG_END_OF(hg_prefill, tokens);
  prefill.text = plugin::str(text);
  prefill.tokens = std::max(usage_.output.value_or(0), answer_->text_events());
  call_.enter(Phase::request, nullptr);
  if (answer_->dialect()->prefill(call_, prefill) != HG_CONTINUE) {
    request_.body.share(before);
    return;
  }
  prefilled_ = true;
  in.prefill = 1;
  if (in.max_tokens != HG_UNKNOWN_COUNT) {
    in.max_tokens = in.max_tokens > prefill.tokens ? in.max_tokens - prefill.tokens : 1;
  }
}

bool Continuation::prefill_refused(const Failure& failure, const Verdict& verdict) {
  if (!prefilled_) return false;
  const bool status =
      failure.kind == FailureKind::status && (failure.status == 400 || failure.status == 422);
  const bool event = failure.kind == FailureKind::event && verdict.next == Next::never;
  if (!status && !event && failure.kind != FailureKind::cannot) return false;
  prefill_refused_ = true;
  return true;
}

bool Continuation::begin_stream(const plugin::DialectInstance* dialect) {
  if (dialect != answer_->dialect()) return false;
  held_event_.clear();
  said_bytes_ = 0;
  other_first_ = false;
  match_.emplace(prefilled_ ? TextMatch::continued(answer_->text())
                            : TextMatch::repeated(answer_->text()));
  return true;
}

bool Continuation::join(std::vector<EmittedEvent>& events, std::uint32_t flags) {
  std::vector<Said> said;
  std::size_t last_text = 0;  // behind it, events say only how the answer ends
  for (std::size_t i = 0; i < events.size(); ++i) {
    said.push_back(said_by(*answer_->dialect(), call_, events[i].data));
    if (!said[i].text.empty() || !said[i].only_text) last_text = i;
  }
  std::vector<EmittedEvent> joined;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const bool all_said = i >= last_text;
    if (!join_one(events[i], said[i], all_said, flags)) return false;
    if (!events[i].data.empty()) joined.push_back(std::move(events[i]));
  }
  events.swap(joined);
  return true;
}

// Leaves the data empty where the event is not for the client. `all_said`: no other event of this
// turn has text.
bool Continuation::join_one(EmittedEvent& event, const Said& said, bool all_said,
                            std::uint32_t flags) {
  const bool final = (flags & (HG_EVENT_FINAL | HG_EVENT_END)) != 0 && all_said;
  other_first_ = other_first_ || (!said.only_text && said_bytes_ == 0);
  said_bytes_ += said.text.size();
  Said fresh;  // what of it the client has not
  fresh.only_text = said.only_text;
  if (!said.text.empty()) {
    const TextMatch::Verdict verdict = match_->take(said.text);
    if (verdict == TextMatch::Verdict::differs) return false;
    if (verdict == TextMatch::Verdict::flow) fresh.text = match_->text();
  }
  if (final || !said.only_text) {
    const TextMatch::Verdict verdict = match_->end();
    if (verdict == TextMatch::Verdict::differs) return false;
    if (verdict == TextMatch::Verdict::flow) fresh.text += match_->text();
  }
  const bool counts = (flags & HG_EVENT_USAGE) != 0 && match_->flows() && all_said;
  if (fresh.text.empty() && said.only_text && !final && !counts) {
    if (!said.text.empty()) held_event_ = std::move(event.data);
    event.data.clear();
    return true;
  }
  client_bytes_ += fresh.text.size();
  event.data = rewritten(event.data, fresh.text == said.text ? nullptr : &fresh.text);
  answer_->keep(fresh);
  return !event.data.empty();
}

bool Continuation::end_stream(std::vector<EmittedEvent>& events) {
  const TextMatch::Verdict verdict = match_->end();
  if (verdict != TextMatch::Verdict::flow) return verdict != TextMatch::Verdict::differs;
  const std::string text(match_->text());
  events.push_back(EmittedEvent{{}, rewritten(held_event_, &text)});
  return !events.back().data.empty();
}

// An event as one of the first answer, with `text` in place of its own unless that is null. Empty:
// the dialect could not.
std::string Continuation::rewritten(std::string_view data, const std::string* text) {
  const hg_usage before = usage_.to_c();
  hg_joined in{};
  in.size = HG_END_OF(hg_joined, reserved);
  in.replaces = text ? 1 : 0;
  in.data = plugin::str(data);
  if (text) in.text = plugin::str(*text);
  in.first = plugin::str(answer_->first_event());
  in.usage = &before;
  // Of what passes, all that this answer has said is with the client.
  in.text_before = client_bytes_ - std::min(client_bytes_, said_bytes_);
  in.other_first = other_first_ ? 1 : 0;
  call_.clear_emitted();
  call_.enter(Phase::event, nullptr);
  const std::int32_t result = answer_->dialect()->join(call_, in);
  if (result == HG_CONTINUE) return std::string(data);
  if (result != HG_REPLACED || call_.emitted().empty()) return {};
  return std::move(call_.emitted().front().data);
}

void Continuation::add_usage(const Usage& usage) {
  add_all(usage_, usage);
}

void Continuation::add_usage_to(Usage& usage) const {
  add_all(usage, usage_);
}

std::string Continuation::message() const {
  std::string text = "the answer of '" + cut_of_ + "' broke off: it " + detail_;
  if (different_.empty()) return text + "; no other provider could go on with it";
  text += "; '";
  text += different_;
  return text + "' gave another answer, and two different ones are not put together";
}

std::string error_event(RequestContext& request, Call& call, AttemptContext* attempt,
                        std::string_view code, std::string_view message) {
  call.clear_emitted();
  call.enter(Phase::answer, attempt);
  hg_client_error error{};
  error.size = HG_END_OF(hg_client_error, event);
  error.status = 502;
  error.code = plugin::str(code);
  error.message = plugin::str(message);
  error.fault = 1;
  error.event = 1;
  request.dialect.dialect->error(request.dialect_context, call, error);
  std::string text;
  for (const EmittedEvent& event : call.emitted()) append_event(text, event.data);
  return text;
}

void append_event(std::string& out, std::string_view data) {
  out += "data: ";
  out += data;
  out += "\n\n";
}

}  // namespace headgate::exchange
