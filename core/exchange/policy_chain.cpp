#include "core/exchange/policy_chain.hpp"

#include <headgate/async.h>

#include <string>
#include <utility>

#include "core/exchange/pause.hpp"
#include "core/exchange/policy_contexts.hpp"
#include "core/exchange/wakers.hpp"

namespace headgate::exchange {

// A wait that is left, also by the end of the request, can no longer be woken.
class PolicyChain::Waiting {
 public:
  Waiting(RequestContext& request, ClientLink& client, std::uint64_t waker_id, SideCalls* calls)
      : pause(request.worker, client), request_(request), waker_id_(waker_id), calls_(calls) {
    request_.wake_pause = [this] { pause.wake(); };
    if (request_.woken_early) pause.wake();
    if (!calls_) return;
    calls_->set_on_done([this] { pause.end(); });
    if (calls_->any_done()) pause.end();
  }
  ~Waiting() {
    if (calls_) calls_->set_on_done(nullptr);
    request_.wake_pause = nullptr;
    request_.woken_early = false;
    if (waker_id_ != 0) request_.worker.wakers.remove(waker_id_);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  Pause pause;

 private:
  RequestContext& request_;
  const std::uint64_t waker_id_;
  SideCalls* const calls_;  // null: none was made
};

PolicyChain::PolicyChain(RequestContext& request, Call& call, ClientLink& client)
    : request_(request), call_(call), client_(client) {}

PolicyChain::~PolicyChain() {
  close();
}

void PolicyChain::interrupt() {
  if (!waiting_) return;
  interrupted_ = true;
  waiting_->pause.wake();
}

PolicyChain::Entered PolicyChain::enter(const PolicyUse& use, void*& context) {
  const std::int32_t opened = open_context(request_, call_, use);
  const RequestContext::PolicyContext& own = request_.policies[use.slot];
  context = own.context;
  if (own.failed) return Entered::past;
  if (opened == HG_CONTINUE) return Entered::in;
  return look_at(use, "open", opened, request_.recorded) == HG_CONTINUE ? Entered::past
                                                                        : Entered::fail;
}

bool PolicyChain::enter_last(const PolicyUse& use, void*& context) {
  (void)enter(use, context);
  return request_.policies[use.slot].open;
}

void PolicyChain::tell_fault(const plugin::PolicyInstance& policy, std::string_view callback,
                             std::string_view reason, bool passed_over) {
  WorkerContext& worker = request_.worker;
  request_.snapshot->plugin_faults->policy(worker.metrics, policy.id(), callback, passed_over);
  const PolicyFault fault{policy.id(), policy.place(), callback, reason, request_.id, passed_over};
  worker.policy_faults.tell(fault, worker.worker.clock().now());
}

std::int32_t PolicyChain::look_at(const PolicyUse& use, std::string_view callback,
                                  std::int32_t result,
                                  const std::optional<RecordedAnswer>& recorded) {
  std::string reason;
  if (result == HG_ABORT) {
    const auto odd = plugin::PolicyInstance::take_odd_result();
    if (odd) {
      reason = "returned " + std::to_string(*odd) + ", which it may not";
    } else if (!recorded) {  // else it said why
      reason = "returned HG_ABORT";
    }
  } else if (result == HG_STOP && !recorded) {
    reason = "returned HG_STOP and gave no answer";
  } else if (result == HG_PAUSE && !call_.has_pause()) {
    reason = "returned HG_PAUSE and waits for nothing";
  }
  if (reason.empty()) return result;
  tell_fault(*use.instance, callback, reason, use.optional);
  if (!use.optional) return result;
  request_.policies[use.slot].failed = true;
  return HG_CONTINUE;
}

// Waits for the timer, a wake-up, the end of an HTTP call, or the request's deadline; says which it
// was.
net::Task<std::uint32_t> PolicyChain::wait() {
  WorkerContext& worker = request_.worker;
  const Call::Outstanding asked = call_.take_pause();
  TimePoint until = worker.worker.clock().now() + kPauseMax;
  if (asked.timer) until = worker.worker.clock().now() + *asked.timer;
  bool deadline_first = !asked.timer;
  if (request_.deadline && *request_.deadline < until) {
    until = *request_.deadline;
    deadline_first = true;
  }
  SideCalls* const calls = call_.side_calls();
  waiting_ = std::make_unique<Waiting>(request_, client_, asked.waker_id, calls);
  co_await waiting_->pause.until(until);
  const bool woken = waiting_->pause.woken();
  waiting_.reset();
  co_return end_of_pause(woken, calls, !deadline_first && !client_.gone());
}

// Most policies never pause: a phase is a plain function, and a coroutine only once one does.
std::int32_t PolicyChain::request_from(std::size_t index) {
  const std::vector<PolicyUse>& uses = request_.backend->on_request;
  for (; index < uses.size(); ++index) {
    void* own = nullptr;
    call_.enter(Phase::request, nullptr);
    const Entered entered = enter(uses[index], own);
    if (entered == Entered::fail) return HG_ABORT;
    if (entered == Entered::past) continue;
    const std::uint64_t version = request_.body.version();
    const std::int32_t result = seen(
        uses[index], "on_request", uses[index].instance->on_request(own, call_), request_.recorded);
    if (request_.body.version() != version) changed_body_ = uses[index].instance.get();
    paused_ = index;
    if (result != HG_PAUSE) call_.drop_pause();
    if (result != HG_CONTINUE) return result;
  }
  return HG_CONTINUE;
}

std::int32_t PolicyChain::on_request() {
  return request_from(0);
}

net::Task<std::int32_t> PolicyChain::resume_request() {
  std::int32_t result = HG_PAUSE;
  while (result == HG_PAUSE) {
    const PolicyUse& use = request_.backend->on_request[paused_];
    auto resume = [&](std::uint32_t reason) {
      call_.enter(Phase::request, nullptr);
      const std::uint64_t version = request_.body.version();
      void* const own = request_.policies[use.slot].context;
      const std::int32_t said = use.instance->on_async(own, call_, reason);
      if (request_.body.version() != version) changed_body_ = use.instance.get();
      return seen(use, "on_async", said, request_.recorded);
    };
    result = co_await resumed(result, resume);
    if (result == HG_CONTINUE) result = request_from(paused_ + 1);
  }
  co_return result;
}

std::int32_t PolicyChain::attempt_from(AttemptContext& attempt, std::size_t index) {
  const std::vector<PolicyUse>& uses = attempt.endpoint.on_attempt;
  for (; index < uses.size(); ++index) {
    void* own = nullptr;
    call_.enter(Phase::attempt, &attempt);
    const Entered entered = enter(uses[index], own);
    if (entered == Entered::fail) return HG_ABORT;
    if (entered == Entered::past) continue;
    const std::int32_t result = seen(
        uses[index], "on_attempt", uses[index].instance->on_attempt(own, call_), attempt.recorded);
    paused_ = index;
    if (result != HG_PAUSE) call_.drop_pause();
    if (result != HG_CONTINUE) return result == HG_PAUSE ? HG_PAUSE : HG_ABORT;
  }
  return HG_CONTINUE;
}

std::int32_t PolicyChain::on_attempt(AttemptContext& attempt) {
  return attempt_from(attempt, 0);
}

net::Task<std::int32_t> PolicyChain::resume_attempt(AttemptContext& attempt) {
  std::int32_t result = HG_PAUSE;
  while (result == HG_PAUSE) {
    const PolicyUse& use = attempt.endpoint.on_attempt[paused_];
    auto resume = [&](std::uint32_t reason) {
      call_.enter(Phase::attempt, &attempt);
      void* const own = request_.policies[use.slot].context;
      return seen(use, "on_async", use.instance->on_async(own, call_, reason), attempt.recorded);
    };
    result = co_await resumed(result, resume);
    if (result == HG_CONTINUE) result = attempt_from(attempt, paused_ + 1);
  }
  co_return result == HG_CONTINUE ? HG_CONTINUE : HG_ABORT;
}

std::int32_t PolicyChain::on_response(AttemptContext& attempt) {
  for (const PolicyUse& use : request_.backend->on_response) {
    void* own = nullptr;
    call_.enter(Phase::response, &attempt);
    const Entered entered = enter(use, own);
    if (entered == Entered::fail) return HG_ABORT;
    if (entered == Entered::past) continue;
    const std::int32_t result =
        seen(use, "on_response", use.instance->on_response(own, call_), attempt.recorded);
    if (result != HG_CONTINUE) return result;
  }
  return HG_CONTINUE;
}

void PolicyChain::judge(AttemptContext& attempt, hg_outcome& outcome) {
  for (const PolicyUse& use : attempt.endpoint.on_judge) {
    void* own = nullptr;
    call_.enter(Phase::none, &attempt);
    if (enter(use, own) != Entered::in) continue;
    const std::uint32_t health = use.instance->judge(own, call_, outcome);
    if (health <= HG_HEALTH_SUCCESS) outcome.health = health;
  }
}

void PolicyChain::on_outcome(AttemptContext& attempt, const hg_outcome& outcome) {
  for (const PolicyUse& use : attempt.endpoint.on_outcome) {
    void* own = nullptr;
    call_.enter(Phase::none, &attempt);
    if (enter_last(use, own)) use.instance->on_outcome(own, call_, outcome);
  }
}

void PolicyChain::on_complete(const hg_completion& completion) {
  if (!request_.backend) return;
  for (const PolicyUse& use : request_.backend->on_complete) {
    void* own = nullptr;
    call_.enter(Phase::none, nullptr);
    if (enter_last(use, own)) use.instance->on_complete(own, call_, completion);
  }
}

bool PolicyChain::on_event(AttemptContext& attempt, std::vector<EmittedEvent>& events,
                           std::uint32_t flags) {
  for (const PolicyUse& use : request_.backend->on_event) {
    std::vector<EmittedEvent> next;
    for (EmittedEvent& event : events) {
      void* own = nullptr;
      call_.enter(Phase::event, &attempt);
      const Entered entered = enter(use, own);
      if (entered == Entered::fail) return false;
      if (entered == Entered::past) {
        next.push_back(std::move(event));
        continue;
      }
      call_.clear_emitted();
      std::int32_t result = use.instance->on_event(own, call_, event.data, flags);
      if (result == HG_ABORT) result = look_at(use, "on_event", result, attempt.recorded);
      if (result == HG_ABORT) return false;
      if (result == HG_CONTINUE) {
        next.push_back(std::move(event));
      } else {
        for (EmittedEvent& made : call_.emitted()) next.push_back(std::move(made));
      }
    }
    events = std::move(next);
  }
  return true;
}

void PolicyChain::close() {
  close_contexts(request_, call_);
}

}  // namespace headgate::exchange
