#include "core/exchange/background.hpp"

#include <headgate/async.h>

#include <string>

#include "core/base/log.hpp"
#include "core/exchange/background_call.hpp"
#include "core/exchange/worker_context.hpp"

namespace headgate::exchange {

void Background::begin_anew() {
  running_.end_all();
  if (!worker_.snapshot) return;
  for (const auto& instance : worker_.snapshot->instances) {
    if (instance->works_in_background())
      net::spawn(worker_.worker.io(), run(worker_.snapshot, *instance));
  }
}

// The snapshot owns the instance.
net::Task<void> Background::run(std::shared_ptr<const Snapshot> snapshot,
                                plugin::Instance& instance) {
  BackgroundCall call(worker_, snapshot);
  const ConnectionList::Entry entry(running_, call);
  // Between the beginning and this turn of the loop the snapshot may have been replaced.
  if (snapshot != worker_.snapshot) co_return;
  const auto index = static_cast<std::uint32_t>(worker_.worker.index());
  std::uint32_t reason = HG_ASYNC_BEGIN;
  while (!call.ended()) {
    const std::int32_t result = instance.on_background(index, call, reason);
    if (result == HG_CONTINUE) co_return;
    const bool failed = result != HG_PAUSE || !call.has_pause();
    if (failed) {
      snapshot->plugin_faults->background(worker_.metrics, instance.id());
      log::error("plugin '" + instance.id() + "' at " + instance.place() +
                 ": its work in the background failed, on_background " +
                 (result == HG_PAUSE ? "returned HG_PAUSE and waits for nothing"
                                     : "did not return HG_CONTINUE or HG_PAUSE") +
                 "; it begins again in " + std::to_string(kBeginAgain.count()) + " s");
      call.drop_pause();
      call.timer(static_cast<std::uint64_t>(std::chrono::milliseconds(kBeginAgain).count()));
    }
    reason = co_await call.wait();
    if (failed) reason = HG_ASYNC_BEGIN;
  }
}

}  // namespace headgate::exchange
