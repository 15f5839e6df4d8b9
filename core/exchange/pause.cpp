#include "core/exchange/pause.hpp"

#include <headgate/async.h>

#include "core/exchange/side_calls.hpp"

namespace headgate::exchange {

std::uint32_t end_of_pause(bool woken, SideCalls* calls, bool timer_came) {
  if (woken) return HG_ASYNC_WAKE;
  if (calls && calls->take_done()) return HG_ASYNC_HTTP;
  if (timer_came) return HG_ASYNC_TIMER;
  if (calls) calls->cancel();
  return HG_ASYNC_DEADLINE;
}

Pause::Pause(WorkerContext& worker, ClientLink& client)
    : client_(client),
      signal_(worker.worker.io()),
      deadline_(worker.worker.sweep(), [this] { signal_.notify(); }),
      watch_(client, [this] { signal_.notify(); }) {}

net::Task<bool> Pause::until(TimePoint time) {
  if (client_.gone()) co_return false;
  deadline_.arm(time);
  watch_.begin();
  co_await signal_.wait();
  deadline_.disarm();
  watch_.end();
  co_return !client_.gone();
}

void Pause::wake() {
  woken_ = true;
  signal_.notify();
}

}  // namespace headgate::exchange
