#pragma once
// One request whose answer broke off after the client had a part of it, and the attempts to go on
// with it elsewhere (stream.onCut: continue). A provider that can is asked to go on from where the
// text ends; any other one is asked afresh, and what it says is held back as long as it repeats
// what the client has. [worker]

#include <headgate/dialect.h>
#include <headgate/provider.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/exchange/call.hpp"
#include "core/exchange/failure.hpp"
#include "core/exchange/kept_answer.hpp"
#include "core/exchange/text_match.hpp"

namespace headgate::exchange {

class Continuation {
 public:
  // Both must outlive it.
  Continuation(RequestContext& request, Call& call) : request_(request), call_(call) {}
  Continuation(const Continuation&) = delete;
  Continuation& operator=(const Continuation&) = delete;

  // The answer of `endpoint` broke off. Attempts from now on go on with it.
  // REQUIRES: answer.complete(). An answer that was gone on with is given back in the same way.
  void begin(KeptAnswer answer, std::string_view endpoint, const Failure& failure);
  // Whether the client has a part of an answer that is to be gone on with.
  bool active() const { return answer_.has_value(); }

  // All below REQUIRE active().

  // Whether the events of this endpoint are in the form of the answer that the client has.
  bool fits(const EndpointPlan& endpoint) const;

  // Builds the request: lets HG_REQUEST end with the beginning of the answer if the provider goes
  // on from that, and says so in `in`. The caller puts the body back in its state afterwards.
  void write_prefill(const plugin::ProviderInstance& provider, hg_build& in);
  // The last attempt was asked to go on, and what became of it says that it would not: the next one
  // is asked afresh.
  bool prefill_refused(const Failure& failure, const Verdict& verdict);

  // The stream of an attempt begins, in this dialect. False: it is another one than the client's.
  bool begin_stream(const plugin::DialectInstance* dialect);
  // Makes the events of the attempt those that the client is to get: only what is new, and as if it
  // was of the first answer. False: it is another answer. `flags` are HG_EVENT_*.
  bool join(std::vector<EmittedEvent>& events, std::uint32_t flags);
  // The stream has ended in order. Fills `events` with what is left to say; false likewise.
  bool end_stream(std::vector<EmittedEvent>& events);
  // What the client has, when this attempt's answer broke off as well.
  KeptAnswer take_answer() { return std::move(*answer_); }
  // Whether that is known well enough to be gone on with once more.
  bool answer_complete() const { return answer_->complete(); }

  // Tokens that an attempt was reported to have had and whose answer is not the last.
  void add_usage(const Usage& usage);
  // Adds them to those of the last one.
  void add_usage_to(Usage& usage) const;

  // Why the client's answer ends here after all: the error of the first cut.
  std::string_view code() const { return code_; }
  std::string message() const;
  void note_different(std::string_view endpoint) { different_ = endpoint; }
  bool was_different() const { return !different_.empty(); }
  // Whose answer broke off first.
  const std::string& cut_of() const { return cut_of_; }
  // An event with the provider's own words, if it may be passed on; else empty.
  const std::string& words() const { return words_; }
  void set_words(std::string_view event) { words_ = event; }

 private:
  bool join_one(EmittedEvent& event, const Said& said, bool all_said, std::uint32_t flags);
  std::string rewritten(std::string_view data, const std::string* text);

  RequestContext& request_;
  Call& call_;
  std::optional<KeptAnswer> answer_;
  std::optional<TextMatch> match_;
  std::string held_event_;          // the last one that was held back
  std::uint64_t client_bytes_ = 0;  // of text that the client has
  std::uint64_t said_bytes_ = 0;    // of text that the attempt's answer has said
  bool other_first_ = false;        // which said something else before any
  Usage usage_;
  bool prefilled_ = false;        // the attempt at hand
  bool prefill_refused_ = false;  // by one of them
  std::string cut_of_;            // the endpoint whose answer broke off first
  std::string_view code_;
  std::string detail_;
  std::string words_;
  std::string_view different_;
};

// The dialect that the events of an answer are in, before they are translated for the client.
const plugin::DialectInstance* event_dialect(const RequestContext& request, bool passes);

// One event as the client gets it.
void append_event(std::string& out, std::string_view data);

// An error in the middle of a stream, in the client's format, framed. `attempt` may be null.
std::string error_event(RequestContext& request, Call& call, AttemptContext* attempt,
                        std::string_view code, std::string_view message);

}  // namespace headgate::exchange
