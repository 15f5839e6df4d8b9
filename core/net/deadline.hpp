#pragma once
// Deadlines, many and cheap: a timer per operation costs 10 to 15 µs, so a worker has one timer and
// a wheel of slots 20 ms wide. Arming links into a slot; arming again for later, and disarming, is
// one store; the sweep fires what is due. A deadline fires at its time or up to about 20 ms late,
// never early. [worker]

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "core/base/clock.hpp"
#include "core/net/signal.hpp"
#include "core/net/task.hpp"

namespace headgate::net {

class Deadline;

class DeadlineSweep {
 public:
  static constexpr milliseconds kGranularity{20};

  // Both must outlive the sweep, and the sweep every Deadline of it.
  DeadlineSweep(IoContext& io, Clock& clock);
  ~DeadlineSweep();
  DeadlineSweep(const DeadlineSweep&) = delete;
  DeadlineSweep& operator=(const DeadlineSweep&) = delete;

  // Fires every deadline that is due at `now` and returns how many. The timer calls it; a test with
  // a ManualClock calls it itself.
  std::size_t expire(TimePoint now);

  // Deadlines that the wheel holds, disarmed ones included until their slot is swept. While it is
  // not zero the timer runs.
  std::size_t linked() const { return linked_; }
  Clock& clock() const { return clock_; }
  IoContext& io() const { return io_; }

 private:
  friend class Deadline;
  struct Timer;
  // A node of a ring; an empty ring points at itself.
  struct Link {
    Link* next = this;
    Link* previous = this;
    void unlink();
    void append(Link& node);
    bool empty() const { return next == this; }
  };
  using Tick = std::int64_t;
  static constexpr std::size_t kSlots = 512;  // a turn of the wheel is 10.24 s

  static Tick tick_of(TimePoint at);
  void insert(Deadline& deadline);
  void remove(Deadline& deadline);
  void collect(Link& slot, TimePoint now, Link& due);
  void schedule(Tick tick);
  void schedule_next();
  void on_timer();

  IoContext& io_;
  Clock& clock_;
  std::array<Link, kSlots> slots_;
  std::size_t linked_ = 0;
  Tick next_tick_ = 0;       // the first tick that is not swept to its end
  Tick scheduled_tick_ = 0;  // what the timer waits for; meaningless while it does not run
  std::unique_ptr<Timer> timer_;
};

// One wait that must not last for ever. Lives inside what waits; destroying it disarms it.
class Deadline {
 public:
  // `on_expiry` is called from the loop; it may arm, disarm or destroy this and any other deadline.
  Deadline(DeadlineSweep& sweep, std::function<void()> on_expiry);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // Sets the time, in place of the one before. Clears expired().
  void arm(TimePoint at);
  void arm_after(milliseconds from_now);
  // One store: it leaves its slot when the sweep comes by.
  void disarm() { armed_ = false; }

  bool armed() const { return armed_; }
  // It fired since it was armed last.
  bool expired() const { return expired_; }

 private:
  friend class DeadlineSweep;
  struct Node : DeadlineSweep::Link {
    Deadline* owner = nullptr;
  };

  DeadlineSweep& sweep_;
  std::function<void()> on_expiry_;
  Node node_;
  TimePoint at_{};
  DeadlineSweep::Tick slot_tick_ = 0;  // where the node is linked; not later than at_
  bool armed_ = false;
  bool expired_ = false;
};

// Waits. Ends when the io_context does, so a caller that may go away earlier uses Deadline and
// Signal itself.
Task<void> sleep_until(DeadlineSweep& sweep, TimePoint at);

}  // namespace headgate::net
