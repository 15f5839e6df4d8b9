#pragma once
// Runs the policies of a backend over one request: contexts made when they are first needed, one
// per instance, all closed at the end. [worker]

#include <headgate/policy.h>

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "core/exchange/call.hpp"
#include "core/exchange/client_link.hpp"
#include "core/net/task.hpp"

namespace headgate::exchange {

class PolicyChain {
 public:
  PolicyChain(RequestContext& request, Call& call, ClientLink& client);
  ~PolicyChain();
  PolicyChain(const PolicyChain&) = delete;
  PolicyChain& operator=(const PolicyChain&) = delete;

  // How a phase ended: HG_CONTINUE, HG_STOP (an answer was recorded) or HG_ABORT. HG_PAUSE of the
  // two that may pause: one of them waits, and the coroutine of the next line goes on from there.
  std::int32_t on_request();
  net::Task<std::int32_t> resume_request();
  std::int32_t on_attempt(AttemptContext& attempt);
  net::Task<std::int32_t> resume_attempt(AttemptContext& attempt);
  std::int32_t on_response(AttemptContext& attempt);
  // Sets outcome.health to what they say of it.
  void judge(AttemptContext& attempt, hg_outcome& outcome);
  void on_outcome(AttemptContext& attempt, const hg_outcome& outcome);
  void on_complete(const hg_completion& completion);

  bool reads_events() const { return !request_.backend->on_event.empty(); }
  // Shows one event to all of them; `events` holds it at entry and what stands in its place at
  // exit. False: the stream cannot go on.
  bool on_event(AttemptContext& attempt, std::vector<EmittedEvent>& events, std::uint32_t flags);

  // The attempt that waits in here, if one does, goes on at once with HG_ABORT.
  void interrupt();

  // The policy that changed the request's body last; null: none did.
  const plugin::PolicyInstance* changed_body() const { return changed_body_; }
  // Names a policy that failed in the log and in a metric; clients are only told that one did.
  // `passed_over`: the request goes on without it.
  void tell_fault(const plugin::PolicyInstance& policy, std::string_view callback,
                  std::string_view reason, bool passed_over);

  // Ends all contexts. Called by the destructor as well.
  void close();

  // Waits for what a callback that returned HG_PAUSE has started, and calls `resume(reason)` for
  // its result; again if that pauses too. A pause with nothing outstanding is HG_ABORT.
  template <class Resume>
  net::Task<std::int32_t> resumed(std::int32_t result, Resume& resume) {
    while (result == HG_PAUSE) {
      if (!call_.has_pause()) co_return HG_ABORT;
      const std::uint32_t reason = co_await wait();
      if (client_.gone() || std::exchange(interrupted_, false)) {
        result = HG_ABORT;
      } else {
        result = resume(reason);
      }
      if (SideCalls* const calls = call_.side_calls()) calls->drop_taken();
    }
    call_.drop_pause();
    co_return result;
  }

 private:
  enum class Entered : std::uint8_t {
    in,    // the context is open
    past,  // the request goes on without this policy, which has failed
    fail,
  };
  // Opens the policy's context if it is not open yet.
  Entered enter(const PolicyUse& use, void*& context);
  // Whether to tell it how something ended, which it can no longer change.
  bool enter_last(const PolicyUse& use, void*& context);
  // What a callback returned, after it was told of if the request or attempt fails by it;
  // HG_CONTINUE where they go on all the same.
  std::int32_t seen(const PolicyUse& use, std::string_view callback, std::int32_t result,
                    const std::optional<RecordedAnswer>& recorded) {
    return result == HG_CONTINUE ? result : look_at(use, callback, result, recorded);
  }
  std::int32_t look_at(const PolicyUse& use, std::string_view callback, std::int32_t result,
                       const std::optional<RecordedAnswer>& recorded);
  net::Task<std::uint32_t> wait();
  std::int32_t request_from(std::size_t index);
  std::int32_t attempt_from(AttemptContext& attempt, std::size_t index);

  RequestContext& request_;
  Call& call_;
  ClientLink& client_;
  const plugin::PolicyInstance* changed_body_ = nullptr;
  std::size_t paused_ = 0;  // index of the one that waits
  // Kept here and not in the coroutine that waits: that one may be destroyed after the request.
  class Waiting;
  std::unique_ptr<Waiting> waiting_;
  bool interrupted_ = false;
};

}  // namespace headgate::exchange
