#pragma once
// One try of a request at one endpoint: build, sign, send, read the head, then the answer up to the
// commit point and from there on to the client. Until the commit nothing has reached the client and
// the attempt may fail unseen. [worker]
//
//   attempt.cpp          the story, and what a failure means
//   attempt_outcome.cpp  what is counted of it, and who is told
//   attempt_trace.cpp    its span, where the request is recorded
//   attempt_send.cpp     from the client's request to the head of the answer
//   attempt_whole.cpp    an answer in one piece
//   attempt_stream.cpp   an answer event by event
//   attempt_stream_cut.cpp  ... that breaks off, and is gone on with elsewhere
//   attempt_raw.cpp      bytes that nobody here understands
//   attempt_probe.cpp    a path that is asked, for no client, to see whether the upstream is back
//   attempt_limits.cpp   what an answer says of the upstream's rate limits
//   attempt_race.cpp     how long it may take alone, and the one that runs beside it

#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/exchange/attempt_context.hpp"
#include "core/exchange/body_budget.hpp"
#include "core/exchange/body_tail.hpp"
#include "core/exchange/call.hpp"
#include "core/exchange/client_link.hpp"
#include "core/exchange/failure.hpp"
#include "core/exchange/policy_chain.hpp"
#include "core/exchange/race.hpp"
#include "core/http/body_framing.hpp"
#include "core/http/decoder.hpp"
#include "core/net/cancel.hpp"
#include "core/net/deadline.hpp"
#include "core/net/task.hpp"
#include "core/plugin/policy_instance.hpp"
#include "core/select/outcome.hpp"
#include "core/select/picker.hpp"
#include "core/upstream/connection.hpp"

namespace headgate::exchange {

// How an attempt ended. Has a constructor because it travels through coroutines.
struct AttemptEnd {
  enum class Kind : std::uint8_t {
    served,      // the client has the whole answer, or left while it came
    failed,      // nothing reached the client: `verdict` says what next
    broken,      // the answer ended in an error after it had begun
    answered,    // a policy recorded an answer of its own in its place
    superseded,  // the one that ran beside it answers the client
  };

  explicit AttemptEnd(Kind kind) : kind(kind) {}
  AttemptEnd(Failure failure, Verdict verdict)
      : kind(Kind::failed), why_(std::make_unique<Why>(std::move(failure), std::move(verdict))) {}
  explicit AttemptEnd(RecordedAnswer answer) : AttemptEnd(Failure(), Verdict()) {
    kind = Kind::answered;
    why_->recorded = std::move(answer);
  }

  Kind kind;

  // REQUIRES: it failed.
  const Failure& failure() const { return why_->failure; }
  const Verdict& verdict() const { return why_->verdict; }
  // What a plugin recorded: the answer, or the error that says why it could not go on.
  std::optional<RecordedAnswer>& recorded() { return why_->recorded; }
  const std::optional<RecordedAnswer>& recorded() const { return why_->recorded; }
  // It went out with the client's own credential.
  bool& client_key() { return why_->client_key; }
  // Whoever broke off is not asked to go on.
  void move_elsewhere() {
    if (why_->verdict.next != Next::never) why_->verdict.next = Next::elsewhere;
    why_->verdict.exclude = true;
  }

 private:
  struct Why {
    Why(Failure failure, Verdict verdict)
        : failure(std::move(failure)), verdict(std::move(verdict)) {}
    Failure failure;
    Verdict verdict;
    std::optional<RecordedAnswer> recorded;
    bool client_key = false;
  };
  std::unique_ptr<Why> why_;  // apart, for success is what travels most
};

class KeptAnswer;

class Attempt {
 public:
  // The longest wait for a whole answer where no timeout is configured.
  static constexpr std::chrono::minutes kWholeAnswerTimeout{10};
  // Of an error answer; more is not read.
  static constexpr std::size_t kErrorBodyMax = 64 * 1024;
  // Of an answer that must be translated as a whole.
  static constexpr std::size_t kTranslatedBodyMax = 64 * 1024 * 1024;
  // After the finish reason of a stream, how long its end is waited for.
  static constexpr std::chrono::seconds kEndGrace{2};

  // Of a stream's time: with less of it spent waiting for the client to read, the rest is the
  // upstream's.
  static constexpr double kBlockedShareMax = 0.1;

  // A rough measure of a prompt, until the provider has counted: English text has about four bytes
  // per token.
  static constexpr double kBytesPerToken = 4;

  // The soft limit on the first token: as often what most take, but neither less nor more.
  static constexpr double kSoftLimitFactor = 4;
  static constexpr std::chrono::seconds kSoftLimitLeast{4};
  static constexpr std::chrono::seconds kSoftLimitMost{10};

  // What all attempts of one request share. All must outlive them.
  struct Shared {
    RequestContext& request;
    Call& call;
    PolicyChain& policies;
    ClientLink& client;
    Race& race;
  };

  Attempt(const Shared& shared, select::PickResult pick, TimePoint now);
  ~Attempt();
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  net::Task<AttemptEnd> run();

  // In place of run(): asks for a path with the endpoint's own credential. Served: it was answered
  // as the settings want it.
  net::Task<AttemptEnd> ask_path(const plugin::ProbeSettings& probe);

  const EndpointPlan& endpoint() const { return endpoint_; }

  // Why it runs beside another one, for its span.
  void runs_beside(std::string_view why) {
    if (span_) span_->beside = why;
  }

  // attempt_race.cpp
  // Another attempt answers the client: what this one waits for ends.
  void end_early();
  // When a second attempt is due although a hedge was not to be had. Nothing: never.
  std::optional<TimePoint> soft_limit_end() const;

 private:
  using MaybeFailure = std::optional<Failure>;
  // The code of a failure that is an answer with a status that is not good.
  static constexpr std::string_view kRefusedCode = "upstream_status";

  // attempt_trace.cpp
  void begin_span();
  void end_span(TimePoint now, std::string_view code);
  void send_trace_context();

  // attempt_send.cpp
  std::int32_t prepare();
  void forward_headers();
  void choose_credential();
  std::string query_without_credentials() const;
  MaybeFailure build();
  void build_plain();
  MaybeFailure build_with_provider();
  std::int32_t sign();
  net::Task<std::int32_t> resume_sign();
  net::Task<MaybeFailure> send();
  net::Task<MaybeFailure> connect();
  void send_at_once();
  void tell_footprint(net::Footprint::Piece frame);
  bool may_try_fresh() const;
  bool take_head_if_there(MaybeFailure& problem);
  void take_head(std::size_t bytes);
  std::string accepted_coding() const;
  void write_request();
  TimePoint first_answer_deadline() const;

  // attempt_whole.cpp
  net::Task<AttemptEnd> relay_whole(hg_plan plan);
  bool take_whole_if_there(std::size_t bytes_max);
  net::Task<MaybeFailure> read_whole(std::size_t bytes_max);
  net::Task<MaybeFailure> read_error_body(Failure& failure);
  MaybeFailure decode_whole(std::size_t bytes_max);
  MaybeFailure translate_whole(const hg_plan& plan);

  // attempt_raw.cpp
  net::Task<AttemptEnd> relay_raw();
  BodyPiece take_chunks();
  void keep_tail_of(std::string_view bytes);
  void show_tail();
  AttemptEnd cut_raw();
  TimePoint idle_deadline(milliseconds idle) const;

  // attempt_probe.cpp
  MaybeFailure build_path(const plugin::ProbeSettings& probe);

  // attempt_limits.cpp
  void learn_limits();
  void hold_back(TimePoint until);

  // attempt_race.cpp
  void expect_first_token();
  bool over() const { return client_.gone() || race_.beaten(*this); }
  AttemptEnd superseded();
  AttemptNote note_at(TimePoint now, std::string_view code) const;

  // attempt.cpp
  net::Task<net::ReadResult> read_more(std::size_t room = 1);
  bool took(const net::ReadResult& read);
  Failure read_failure() const;
  MaybeFailure hold(std::size_t answer_bytes);
  MaybeFailure hold_made(std::size_t more = 0);
  Failure failure(FailureKind kind, std::string_view code, std::string detail) const;
  AttemptEnd failed(Failure failure);
  AttemptEnd failed(FailureKind kind, std::string_view code, std::string detail);
  AttemptEnd stopped_by_policy(std::int32_t result);  // of on_response, not HG_CONTINUE
  AttemptEnd served();
  void note_served();
  AttemptEnd broken(std::string_view code);
  // Of an answer that has begun: what an error event says of the client's own key counts for nobody
  // else.
  void note_error_event(const Failure& failure);
  AttemptEnd cut(Failure failure, KeptAnswer answer);
  bool goes_on() const;  // with what the client has of an answer that broke off
  Verdict classify(const Failure& failure);
  // attempt_outcome.cpp
  select::About about() const;
  select::Millis waited_at(TimePoint now) const;
  std::optional<select::Millis> streaming() const;
  bool is_about_caller(std::uint32_t scope) const;
  static std::uint64_t count_of(const std::optional<milliseconds>& time);
  void finish(select::OutcomeKind kind, std::string_view code, std::uint32_t scope,
              std::optional<milliseconds> retry_after);
  select::OutcomeKind judged(select::OutcomeKind kind, std::string_view code, std::uint32_t scope,
                             std::optional<milliseconds> retry_after);
  hg_outcome outcome_for_policies(select::OutcomeKind kind, std::string_view code,
                                  std::uint32_t scope,
                                  std::optional<milliseconds> retry_after) const;
  void tell_policies(const select::OutcomeFacts& facts, select::OutcomeKind kind,
                     std::string_view code, std::uint32_t scope,
                     std::optional<milliseconds> retry_after);
  void give_back_connection();
  void add_answer_headers();
  void note_first_token();
  void note_last_token();
  milliseconds elapsed_at(TimePoint now) const;
  bool used_client_key() const { return context_.credential.kind == HG_CREDENTIAL_CLIENT; }
  bool passes_dialect() const;
  MaybeFailure ask_for_plan(hg_plan& plan);
  net::Task<AttemptEnd> relay(const hg_plan& plan);
  net::Task<AttemptEnd> relay_stream(hg_plan plan);
  net::Task<AttemptEnd> take_refusal();
  bool is_refusal(int status) const;
  bool is_tried_again(int status) const;

  friend class StreamRelay;

  RequestContext& request_;
  Call& call_;
  PolicyChain& policies_;
  ClientLink& client_;
  Race& race_;
  const EndpointPlan& endpoint_;
  select::PickResult pick_;
  AttemptContext context_;

  std::unique_ptr<upstream::Connection> connection_;
  net::Cancel connecting_;   // the client has left, or another attempt answers it
  net::Deadline deadline_;   // closes the upstream connection
  ClientLink::Watch watch_;  // ends what is waited for
  http::BodyFraming framing_;
  std::string head_text_;
  std::pmr::vector<std::string_view> pieces_;  // of the request that are still to be sent
  std::string whole_;                          // a body that had to be copied together
  std::unique_ptr<BodyTail> tail_;             // where the provider reads it of one that passes
  BodyBudget::Share held_;                     // of the answer
  std::string content_encoding_;               // of the answer, when it is coded
  std::string content_type_;                   // of the answer, without parameters, lower case
  bool body_complete_ = false;
  bool decoded_ = false;  // the body in whole_ was coded
  net::ErrorCode read_error_;
  std::uint64_t bytes_received_ = 0;
  int attempt_status_ = 0;
  int verdict_status_ = 0;  // what a failure amounts to, 0 without one

  TimePoint started_;
  TimePoint sent_;
  std::optional<TimePoint> first_token_;
  std::optional<TimePoint> last_token_;
  std::optional<TimePoint> answered_;       // an answer in one piece came, up to what has been read
  TimePoint::duration blocked_{0};          // until then or last_token_: the client did not read
  std::optional<TimePoint> limited_until_;  // as the head of the answer says
  bool finished_ = false;
  net::Footprint::Piece frame_;           // of run()
  observe::AttemptSpan* span_ = nullptr;  // null: the request is not recorded
};

}  // namespace headgate::exchange
