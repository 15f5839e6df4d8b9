// hg.async/1 of a request: what a pause waits for.

#include "core/exchange/call.hpp"
#include "core/exchange/wakers.hpp"

namespace headgate::exchange {

std::int32_t Call::timer(std::uint64_t milliseconds_from_now) {
  if (request_.dry_run) return HG_DENIED;
  if (pause_.timer) return HG_LIMIT;
  if (milliseconds_from_now > kTimerMax) return HG_INVALID;
  pause_.timer = milliseconds(static_cast<milliseconds::rep>(milliseconds_from_now));
  return HG_OK;
}

std::uint64_t Call::waker() {
  if (request_.dry_run) return 0;
  if (pause_.waker_id == 0) {
    RequestContext& request = request_;
    pause_.waker_id = request.worker.wakers.add(request.worker.worker, [&request] {
      if (request.wake_pause) {
        request.wake_pause();
      } else {
        request.woken_early = true;
      }
    });
  }
  return pause_.waker_id;
}

// Only where a pause can come of it: what nobody waits for would be cancelled unheard.
std::int32_t Call::http(const hg_http_request& request, std::uint64_t& id) {
  const bool may_pause =
      phase_ == Phase::request || phase_ == Phase::attempt || phase_ == Phase::sign;
  if (!may_pause || request_.dry_run) return HG_DENIED;
  if (!side_calls_) side_calls_ = std::make_unique<SideCalls>(request_.worker, request_.snapshot);
  return side_calls_->start(request, id);
}

std::int32_t Call::http_answer(hg_http_answer& answer) {
  return side_calls_ ? side_calls_->read_taken(answer) : HG_NOT_FOUND;
}

void Call::end_pause() {
  const Outstanding asked = take_pause();
  if (asked.waker_id != 0) request_.worker.wakers.remove(asked.waker_id);
  if (side_calls_) side_calls_->cancel();
}

}  // namespace headgate::exchange
