#include "core/net/deadline.hpp"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <utility>

namespace headgate::net {

struct DeadlineSweep::Timer {
  explicit Timer(IoContext& io) : timer(io.get_executor()) {}

  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    IoContext::executor_type>
      timer;
  bool runs = false;
};

void DeadlineSweep::Link::unlink() {
  next->previous = previous;
  previous->next = next;
  next = previous = this;
}

void DeadlineSweep::Link::append(Link& node) {
  node.next = this;
  node.previous = previous;
  previous->next = &node;
  previous = &node;
}

DeadlineSweep::DeadlineSweep(IoContext& io, Clock& clock)
    : io_(io), clock_(clock), timer_(std::make_unique<Timer>(io)) {}

DeadlineSweep::~DeadlineSweep() = default;

DeadlineSweep::Tick DeadlineSweep::tick_of(TimePoint at) {
  return at.time_since_epoch() / kGranularity;
}

void DeadlineSweep::insert(Deadline& deadline) {
  if (linked_ == 0) next_tick_ = tick_of(clock_.now());  // the wheel stood still
  const Tick tick = std::max(tick_of(deadline.at_), next_tick_);
  deadline.slot_tick_ = tick;
  slots_[static_cast<std::size_t>(tick) % kSlots].append(deadline.node_);
  ++linked_;
  schedule(tick);
}

void DeadlineSweep::remove(Deadline& deadline) {
  deadline.node_.unlink();
  if (--linked_ != 0 || !timer_->runs) return;
  timer_->runs = false;
  timer_->timer.cancel();
}

// Moves what is due from `slot` to `due` and the rest to where it belongs.
void DeadlineSweep::collect(Link& slot, TimePoint now, Link& due) {
  Link visited;
  while (!slot.empty()) {
    Link& link = *slot.next;
    link.unlink();
    visited.append(link);
  }
  while (!visited.empty()) {
    Link& link = *visited.next;
    link.unlink();
    Deadline& deadline = *static_cast<Deadline::Node&>(link).owner;
    if (!deadline.armed_) {
      --linked_;  // disarmed long ago; only now does it leave its slot
    } else if (deadline.at_ <= now) {
      due.append(link);
    } else {
      const Tick tick = tick_of(deadline.at_);
      deadline.slot_tick_ = tick;
      slots_[static_cast<std::size_t>(tick) % kSlots].append(link);
    }
  }
}

std::size_t DeadlineSweep::expire(TimePoint now) {
  const Tick now_tick = tick_of(now);
  const Tick first = std::max(next_tick_, now_tick - static_cast<Tick>(kSlots) + 1);
  Link due;
  for (Tick tick = first; tick <= now_tick && linked_ != 0; ++tick) {
    collect(slots_[static_cast<std::size_t>(tick) % kSlots], now, due);
  }
  // The present tick is not over: what it still holds is looked at again.
  next_tick_ = std::max(next_tick_, now_tick);

  std::size_t fired = 0;
  while (!due.empty()) {
    Link& link = *due.next;
    link.unlink();
    --linked_;
    Deadline& deadline = *static_cast<Deadline::Node&>(link).owner;
    if (!deadline.armed_) continue;  // an earlier one in this sweep disarmed it
    if (deadline.at_ > now) {        // or armed it anew
      insert(deadline);
      continue;
    }
    deadline.armed_ = false;
    deadline.expired_ = true;
    ++fired;
    const std::function<void()> call = deadline.on_expiry_;  // it may destroy the deadline
    call();
  }
  return fired;
}

void DeadlineSweep::schedule(Tick tick) {
  if (timer_->runs && scheduled_tick_ <= tick) return;
  scheduled_tick_ = tick;
  timer_->runs = true;
  // At the end of the tick, when all of it is due.
  const TimePoint at{(tick + 1) * std::chrono::duration_cast<TimePoint::duration>(kGranularity)};
  timer_->timer.expires_after(std::max<TimePoint::duration>(at - clock_.now(), milliseconds(1)));
  timer_->timer.async_wait([this](const ErrorCode& error) {
    if (!error) on_timer();
  });
}

void DeadlineSweep::schedule_next() {
  if (linked_ == 0) return;
  for (Tick tick = next_tick_; tick < next_tick_ + static_cast<Tick>(kSlots); ++tick) {
    if (!slots_[static_cast<std::size_t>(tick) % kSlots].empty()) return schedule(tick);
  }
}

void DeadlineSweep::on_timer() {
  timer_->runs = false;
  expire(clock_.now());
  schedule_next();
}

Deadline::Deadline(DeadlineSweep& sweep, std::function<void()> on_expiry)
    : sweep_(sweep), on_expiry_(std::move(on_expiry)) {
  node_.owner = this;
}

Deadline::~Deadline() {
  if (!node_.empty()) sweep_.remove(*this);
}

void Deadline::arm(TimePoint at) {
  at_ = at;
  armed_ = true;
  expired_ = false;
  if (!node_.empty()) {
    // It sits in a slot that is swept no later than it is due: the sweep will move it on.
    if (slot_tick_ <= DeadlineSweep::tick_of(at)) return;
    node_.unlink();
    --sweep_.linked_;
  }
  sweep_.insert(*this);
}

void Deadline::arm_after(milliseconds from_now) {
  arm(sweep_.clock().now() + from_now);
}

Task<void> sleep_until(DeadlineSweep& sweep, TimePoint at) {
  Signal signal(sweep.io());
  Deadline deadline(sweep, [&signal] { signal.notify(); });
  deadline.arm(at);
  co_await signal.wait();
}

}  // namespace headgate::net
