#pragma once
// Lets one coroutine of a worker wait until other code of the same worker says go. notify() before
// wait() is remembered (once), so there is no lost wake-up; several notify() are one. [worker]

#include <memory>

#include "core/net/task.hpp"

namespace headgate::net {

class SignalHub;
struct SignalSlot;

class Signal {
 public:
  // `io` must outlive the signal, or be destroyed with it in the frame of a waiting coroutine.
  explicit Signal(IoContext& io);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  // Returns after notify(), at once when it came first; then the signal is clear again.
  // REQUIRES: nobody else is waiting.
  Task<void> wait();

  // The waiting coroutine goes on from the loop, never from within this call.
  void notify();

 private:
  IoContext& io_;
  std::unique_ptr<SignalSlot> slot_;
  bool notified_ = false;
};

}  // namespace headgate::net
