#include "core/exchange/pause.hpp"

namespace headgate::exchange {

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
