// A second attempt beside the first when that one is late: who gets it, and whose answer counts. At
// most two run at a time, and both have ended before the request goes on.

#include <utility>

#include "core/base/log.hpp"
#include "core/exchange/exchange.hpp"

namespace headgate::exchange {

using observe::SecondEvent;

Exchange::Second::Second(WorkerContext& worker, const Attempt::Shared& shared,
                         select::PickResult picked, TimePoint now)
    : endpoint(shared.request.backend->endpoints[picked.endpoint->index()]),
      hedge(shared.race.cause() == SecondCause::hedge),
      ended(worker.worker.io()) {
  attempt.emplace(worker.attempt_memory, shared, std::move(picked), now);
}

// Nothing is asked twice at once that does more than answer; the plugin of the API format knows.
bool Exchange::repeatable() {
  if (!request_.dialect.route) return false;
  call_.enter(Phase::none, nullptr);
  return request_.dialect.dialect->repeatable(request_.dialect_context, call_) == HG_CONTINUE;
}

// The first attempt has said nothing for as long as it was given. Called from the loop.
void Exchange::start_second() {
  const Attempt& first = *race_.first();
  const EndpointPlan& late = first.endpoint();
  const TimePoint now = worker_.worker.clock().now();
  if (client_.gone() || second_ || retry_.attempts >= late.retry.attempts_max) return;
  if (request_.deadline && *request_.deadline <= now) return;
  if (!may_send_again(late) || !others(late, Others::any) || !repeatable()) return;

  const bool hedge = race_.cause() == SecondCause::hedge;
  select::BudgetShare& budget = hedge ? worker_.hedges : worker_.seconds;
  if (!budget.try_spend(now)) {
    late.attempts->second_attempt(worker_.metrics, hedge, SecondEvent::refused);
    const auto soft = hedge ? first.soft_limit_end() : std::nullopt;
    if (soft) race_.expect(*soft, SecondCause::slow);
    return;
  }
  exclude(late);
  select::PickResult picked = pick(nullptr, now, Resort::none);
  if (!picked.endpoint) {
    excluded_.pop_back();
    return;
  }
  note_pick(picked);
  ++retry_.attempts;
  ++retry_.failovers;
  second_ = std::make_unique<Second>(worker_, shared_, std::move(picked), now);
  second_->endpoint.attempts->second_attempt(worker_.metrics, hedge, SecondEvent::started);
  (*second_->attempt)->runs_beside(hedge ? "hedge" : "slow");
  race_.begin_second(**second_->attempt);
  net::spawn(worker_.worker.io(), run_second());
}

net::Task<void> Exchange::run_second() {
  Attempt& attempt = **second_->attempt;
  try {
    AttemptEnd end = co_await attempt.run();
    second_->end.emplace(std::move(end));
  } catch (...) {
    log::error("request " + request_.id + ": a second attempt ended with an exception");
    if (race_.won(attempt)) client_.abort();
    second_->end.emplace(race_.won(attempt) ? AttemptEnd::Kind::broken
                                            : AttemptEnd::Kind::superseded);
  }
  second_->endpoint.attempts->second_attempt(
      worker_.metrics, second_->hedge, race_.won(attempt) ? SecondEvent::won : SecondEvent::lost);
  race_.end_second();
  second_->attempt.reset();  // what it held is free while the other goes on
  second_->ended.notify();
}

// Where the first has failed for a reason that is the client's own, no other answer would do.
void Exchange::end_first(const Attempt& first, const std::optional<AttemptEnd>& end) {
  const bool told =
      end && end->kind == AttemptEnd::Kind::failed && end->verdict().next == Next::never;
  if (second_ && (told || !end)) race_.commit(first);
  race_.end_first();
}

// The first attempt is over; what is left to decide, the second one does. Where both failed, the
// client's own mistake tells more, otherwise the last failure.
net::Task<void> Exchange::join_second(std::optional<AttemptEnd>& end, const EndpointPlan*& failed) {
  using Kind = AttemptEnd::Kind;
  while (!second_->end) co_await second_->ended.wait();
  const std::unique_ptr<Second> second = std::move(second_);
  AttemptEnd& other = *second->end;
  const bool open = !end || end->kind == Kind::superseded ||
                    (end->kind == Kind::failed && end->verdict().next != Next::never);
  if (!open || other.kind == Kind::superseded) co_return;
  // The first was excluded when the second began; what it said of its model holds as well.
  if (end && end->kind == Kind::failed && end->verdict().exclude_model) exclude_model(*failed);
  end.emplace(std::move(other));
  failed = &second->endpoint;
  retry_.here = 1;
}

}  // namespace headgate::exchange
