#pragma once
// Which of two attempts of one request answers the client: the first that commits. The other is
// told to end, and what it still gets is dropped. A request has at most two attempts at a time, and
// most have one: then nothing in here costs more than a comparison. [worker]

#include <cstdint>
#include <functional>
#include <utility>

#include "core/base/clock.hpp"
#include "core/net/deadline.hpp"

namespace headgate::exchange {

class Attempt;

// Why a second attempt is made beside the first.
enum class SecondCause : std::uint8_t {
  slow,   // the first one says nothing for long
  hedge,  // it has taken longer than most do
};

class Race {
 public:
  // `second_due` is called from the loop when the time of expect() has come.
  Race(net::DeadlineSweep& sweep, std::function<void()> second_due)
      : due_(sweep, std::move(second_due)) {}
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;

  // A round begins with one attempt, and the winner of the last one is forgotten. Each is told of
  // again before it is destroyed.
  void begin(Attempt& first) {
    first_ = &first;
    winner_ = nullptr;
  }
  void begin_second(Attempt& second) { second_ = &second; }
  void end_first() {
    first_ = nullptr;
    due_.disarm();
  }
  void end_second() { second_ = nullptr; }
  Attempt* first() const { return first_; }

  // Calls `second_due` at `time`, unless before that the first attempt speaks or ends, an answer is
  // committed or another time is set.
  void expect(TimePoint time, SecondCause cause) {
    if (second_) return;
    cause_ = cause;
    due_.arm(time);
  }
  SecondCause cause() const { return cause_; }

  // The answer of this attempt has begun, and may be held back yet: it is not late any more.
  void speaks(const Attempt& attempt) {
    if (first_ == &attempt) due_.disarm();
  }

  // The client is about to be sent something of this attempt's answer. False: of the other's.
  bool commit(const Attempt& attempt);
  // The other attempt has committed: whatever this one is at, it is for nothing.
  bool beaten(const Attempt& attempt) const { return winner_ && winner_ != &attempt; }
  bool won(const Attempt& attempt) const { return winner_ == &attempt; }

  // The one that runs beside this one, or nullptr.
  Attempt* other(const Attempt& attempt) const { return first_ == &attempt ? second_ : first_; }

 private:
  Attempt* first_ = nullptr;
  Attempt* second_ = nullptr;
  const Attempt* winner_ = nullptr;  // may have ended: only compared
  SecondCause cause_ = SecondCause::slow;
  net::Deadline due_;
};

}  // namespace headgate::exchange
