#include "core/exchange/background_call.hpp"

#include <utility>

#include "core/exchange/call.hpp"
#include "core/exchange/pause.hpp"
#include "core/exchange/wakers.hpp"
#include "core/exchange/worker_context.hpp"

namespace headgate::exchange {

BackgroundCall::BackgroundCall(WorkerContext& worker, std::shared_ptr<const Snapshot> snapshot)
    : worker_(worker),
      calls_(worker, std::move(snapshot)),
      signal_(worker.worker.io()),
      deadline_(worker.worker.sweep(), [this] { signal_.notify(); }) {
  calls_.set_on_done([this] { signal_.notify(); });
}

BackgroundCall::~BackgroundCall() {
  drop_pause();
}

void BackgroundCall::drop_waker() {
  if (waker_id_ != 0) worker_.wakers.remove(std::exchange(waker_id_, 0));
  woken_ = false;
}

void BackgroundCall::drop_pause() {
  timer_.reset();
  drop_waker();
  calls_.cancel();
}

void BackgroundCall::end() {
  ended_ = true;
  signal_.notify();
}

net::Task<std::uint32_t> BackgroundCall::wait() {
  deadline_.arm_after(timer_.value_or(kPauseMax));
  // The wait before this one may have left a signal.
  while (!ended_ && !woken_ && !calls_.any_done() && !deadline_.expired()) co_await signal_.wait();
  deadline_.disarm();
  const bool had_timer = std::exchange(timer_, std::nullopt).has_value();
  const bool woken = woken_;
  drop_waker();
  co_return end_of_pause(woken, &calls_, had_timer);
}

std::int32_t BackgroundCall::timer(std::uint64_t milliseconds_from_now) {
  if (timer_) return HG_LIMIT;
  if (milliseconds_from_now > Call::kTimerMax) return HG_INVALID;
  timer_ = milliseconds(static_cast<milliseconds::rep>(milliseconds_from_now));
  return HG_OK;
}

std::uint64_t BackgroundCall::waker() {
  if (waker_id_ == 0) {
    waker_id_ = worker_.wakers.add(worker_.worker, [this] {
      woken_ = true;
      signal_.notify();
    });
  }
  return waker_id_;
}

std::int32_t BackgroundCall::http(const hg_http_request& request, std::uint64_t& id) {
  return calls_.start(request, id);
}

std::int32_t BackgroundCall::http_answer(hg_http_answer& answer) {
  return calls_.read_taken(answer);
}

}  // namespace headgate::exchange
