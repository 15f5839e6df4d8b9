#pragma once
// One client request from its head to the last byte of its answer: the story that every other
// folder of core is a word in.
//
//   route -> body -> facets -> policies -> { pick -> attempt } until served -> answer -> record
//
// [worker]

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/exchange/attempt.hpp"
#include "core/exchange/call.hpp"
#include "core/exchange/client_link.hpp"
#include "core/exchange/policy_chain.hpp"
#include "core/exchange/race.hpp"
#include "core/exchange/request_body.hpp"
#include "core/exchange/request_context.hpp"
#include "core/net/signal.hpp"

namespace headgate::exchange {

class Exchange {
 public:
  // `in` begins with the head; `port` is the listener's as configured. All must outlive it.
  Exchange(WorkerContext& worker, net::ByteStream& stream, ReadBuffer& in, http::RequestHead& head,
           ClientLink& client, std::uint16_t port);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Serves the request. Afterwards client.keep_alive() tells whether another may follow; `in` then
  // begins behind this one.
  net::Task<void> run();

 private:
  using MaybeError = std::optional<Error>;
  enum class Others : std::uint8_t { any, same_group, sound };
  // Who answers: ourselves with an error or with what a plugin recorded, a provider, or nobody,
  // for the client is gone.
  enum class Turn : std::uint8_t { error, recorded, endpoints, nobody };

  // The attempt that runs beside the one of try_endpoints(). It lives here and not in its
  // coroutine: when the loop is taken down, that one may be destroyed long after the request.
  struct Second {
    Second(WorkerContext& worker, const Attempt::Shared& shared, select::PickResult picked,
           TimePoint now);

    const EndpointPlan& endpoint;
    const bool hedge;
    std::optional<Pooled<Attempt, WorkerContext::kAttemptBytes>> attempt;
    std::optional<AttemptEnd> end;
    net::Signal ended;
  };

  // exchange_route.cpp
  MaybeError find_route();
  void find_dialect();
  MaybeError choose_backend();
  bool can_serve(const EndpointPlan& endpoint) const;
  bool pass_instead();
  MaybeError take_body(std::string_view body);
  MaybeError read_facets_again();
  bool is_plain() const;

  // exchange.cpp
  void note_memory();
  MaybeError prepare(std::string_view body);
  Turn after_policies(std::int32_t result, MaybeError& problem);
  MaybeError open_dialect();
  net::Task<void> answer_recorded();

  // exchange_attempts.cpp
  net::Task<void> try_endpoints();
  std::uint64_t model_key() const;
  // When everything is out: nobody, the least bad, or the least bad that nobody tries already.
  enum class Resort : std::uint8_t { none, any, idle };
  select::PickResult pick(const EndpointPlan* only, TimePoint now, Resort resort);
  void note_pick(const select::PickResult& picked);
  NextStep after(const AttemptEnd& end, const EndpointPlan& failed);
  // Whether the configuration lets the request be sent again after this endpoint had it.
  bool may_send_again(const EndpointPlan& endpoint) const;
  // Whether retry.codes and retry.condition could have this endpoint asked once more.
  bool may_try_again(const EndpointPlan& endpoint) const;
  void exclude(const EndpointPlan& endpoint);
  void exclude_model(const EndpointPlan& failed);
  bool others(const EndpointPlan& failed, Others which) const;
  NextStep step_after(const AttemptEnd& end, const EndpointPlan& failed);
  // exchange_all_out.cpp
  // Nobody could be picked: waits for one that comes back soon, or asks the least bad. False when
  // the client left; no endpoint in `picked` when there is nobody to ask.
  net::Task<bool> wait_for_return(select::PickResult& picked, TimePoint& now);
  // Until when to wait; nothing: there is no use in it.
  std::optional<TimePoint> wait_until(const select::Shortfall& none, TimePoint since,
                                      TimePoint now);
  net::Task<void> answer_shortage(const select::PickResult& none);
  net::Task<void> answer_failure(AttemptEnd end, const EndpointPlan& endpoint);
  bool is_error_object(std::string_view text);
  Error error_of(const AttemptEnd& end, const EndpointPlan& endpoint) const;

  // exchange_second.cpp
  bool repeatable();
  void start_second();
  net::Task<void> run_second();
  void end_first(const Attempt& first, const std::optional<AttemptEnd>& end);
  net::Task<void> join_second(std::optional<AttemptEnd>& end, const EndpointPlan*& failed);
  // exchange_cut.cpp
  void expect_cuts();
  bool goes_on() const;
  bool asks_afresh(const AttemptEnd& end, const EndpointPlan& failed);
  net::Task<void> end_cut();
  void count_cut();

  // exchange_answer.cpp
  void finish();
  net::Task<void> answer_error(Error error, std::optional<milliseconds> retry_after);
  std::string render(const Error& error);
  void add_headers(http::HeaderMap& headers, bool retries_spent);
  const plugin::DialectInstance* error_dialect() const;
  std::string methods_here() const;
  std::optional<std::string_view> text_of(std::string_view json);
  std::string_view shown_target();  // without what is secret; valid as long as the request
  void add_logged_header(observe::AccessRecord& record, std::string_view name) const;
  void write_record(std::chrono::nanoseconds duration);

  // exchange_trace.cpp
  void begin_trace();
  void write_trace(observe::AccessRecord& record);

  WorkerContext& worker_;
  net::ByteStream& stream_;
  ClientLink& client_;
  const std::uint16_t port_;
  Arena arena_;
  RequestContext request_;
  Call call_;
  PolicyChain policies_;
  RequestBody body_;
  std::string_view asked_;                      // the body as it came, decoded
  std::unique_ptr<Continuation> continuation_;  // null: answers that break off end in an error
  Race race_;
  Attempt::Shared shared_;
  std::vector<std::uint16_t> excluded_;
  std::pmr::vector<std::uint64_t> affinity_;  // by group; empty where no group has any
  std::unique_ptr<Second> second_;
  RetryState retry_;
  select::Waiters::Seat seat_;                    // while it waits for what an upstream asked for
  std::optional<std::chrono::nanoseconds> held_;  // while everybody was out
  bool sound_only_ = false;  // the next pick may only be of an endpoint that is not failing
  int status_ = 0;           // that the client was sent
  std::string error_code_;
};

// What a client is told of how long to wait, in whole seconds.
void add_retry_after(http::HeaderMap& headers, std::optional<milliseconds> retry_after);

// An error as JSON that is of no particular API format.
std::string plain_error(const Error& error);

}  // namespace headgate::exchange
