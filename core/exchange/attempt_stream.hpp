#pragma once
// An answer event by event: cut, shown to the provider's plugin, held until the commit gate opens,
// then written on as it comes. Events that pass untouched are written from the buffer they were
// read into, with the chunks that they came in where they fill them. [worker]

#include <headgate/provider.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/read_buffer.hpp"
#include "core/base/word_filter.hpp"
#include "core/exchange/attempt.hpp"
#include "core/exchange/body_budget.hpp"
#include "core/exchange/commit_gate.hpp"
#include "core/exchange/kept_answer.hpp"
#include "core/exchange/stream_output.hpp"
#include "core/http/event_cutter.hpp"
#include "core/http/event_template.hpp"

namespace headgate::exchange {

class StreamRelay {
 public:
  // Of a stream that is sent when it is complete; one with more is sent on from there as it comes.
  static constexpr std::size_t kHeldBytesMax = 4 * 1024 * 1024;

  StreamRelay(Attempt& attempt, const hg_plan& plan);

  // Runs to the end of the answer, or to a failure before the commit.
  net::Task<AttemptEnd> run();

 private:
  enum class Step : std::uint8_t { more, failed };

  bool has_room();
  Step handle(const http::Event& event);
  Step handle_shown(const http::Event& event);
  Step handle_alike(const http::Event& event);
  bool passes_alike() const;
  void note_alike() { in_tool_call_ = (alike_flags_ & HG_EVENT_TOOL) != 0; }
  void learn(const http::Event& event, std::uint32_t flags);
  Step drop(std::uint32_t flags);
  Step note(std::uint32_t flags, std::size_t bytes);
  Step emit(std::uint32_t flags);
  Step emit_held();
  bool changes_events() const;
  Step show(std::uint32_t flags);
  Step refuse(FailureKind kind, std::string_view code, std::string detail);

  // Writes what is due, and the answer's end with it; false: stopped() says why not.
  net::Task<bool> flush(bool last);
  AttemptEnd stopped();
  net::Task<AttemptEnd> finish();  // the upstream's stream is over
  net::Task<AttemptEnd> fail();
  net::Task<AttemptEnd> end_broken(std::string_view code, std::string message);

  // attempt_stream_read.cpp
  bool start_decoding();
  net::Task<bool> fill();  // reads more
  TimePoint read_deadline() const;
  // Takes what has been read apart. `failed`: failure_ says why.
  Step take_in();
  Step cut_chunks();  // whole ones, in the connection's buffer
  void pass_alike_chunks();
  Step cut_chunk(const http::Chunk& chunk);
  bool passes_chunks() const;
  // Moves body bytes from the connection into events_. False: there were none.
  bool unframe();
  bool take(std::string_view bytes);
  void append(std::string_view bytes);
  Step cut_events();     // in events_
  http::Cut cut_last();  // what is left when the upstream has ended
  void pass_alike();     // events like those that passed before

  // attempt_stream_cut.cpp
  bool begin_keeping();
  Step keep_shown(std::uint32_t flags);
  Step end_joined();
  Step refuse_different();
  bool may_be_gone_on_with() const;
  net::Task<AttemptEnd> give_up_to_others();
  bool holds();

  void pass(std::string_view raw);

  Attempt& attempt_;
  const hg_plan plan_;
  http::EventCutter cutter_;
  const WordFilter shown_words_;
  std::unique_ptr<http::ContentDecoder> decoder_;  // null: the stream is not coded
  std::string decoded_;
  CommitGate gate_;
  ReadBuffer events_;  // what does not lie in whole chunks
  StreamOutput output_;
  http::EventTemplate alike_;      // events that need no call
  std::uint32_t alike_flags_ = 0;  // HG_EVENT_*, what the plugin said of each that was learned
  const bool joins_;  // it goes on with what the client has of an answer that broke off
  bool begun_;        // the client has the head
  bool upstream_done_ = false;
  bool finished_ = false;    // the finish reason was said
  bool end_marked_ = false;  // the format's own end marker was passed on
  bool in_tool_call_ = false;
  bool unterminated_ = false;  // the event at hand is the last, and its end is missing
  bool error_passed_ = false;
  bool dropped_any_ = false;
  bool framing_failed_ = false;
  std::int32_t stop_ = 0;  // HG_*, of the policies at the head of the answer
  std::vector<EmittedEvent> shown_;
  std::vector<std::pair<std::vector<EmittedEvent>, std::uint32_t>> held_;  // until it is certain
  Failure failure_;
  std::unique_ptr<KeptAnswer> kept_;  // null: nobody would go on with it

  // Until all of a stream is there that is held.
  static constexpr std::size_t kHeldStep = 64 * 1024;
  bool holds_;
  std::size_t held_bytes_ = 0;  // of held_
  BodyBudget::Share held_share_;
};

}  // namespace headgate::exchange
