// hg.async/1

#include "core/plugin/services.hpp"
#include "core/plugin/tables.hpp"

namespace headgate::plugin {

namespace {

constexpr std::uint64_t kTimerMillisecondsMax = 600'000;

std::int32_t timer(hg_call* call, std::uint64_t milliseconds) noexcept {
  expect_own(call, "timer");
  if (milliseconds > kTimerMillisecondsMax) return HG_INVALID;
  return call->timer(milliseconds);
}

std::uint64_t waker(hg_call* call) noexcept {
  expect_own(call, "waker");
  return call->waker();
}

std::int32_t wake(const hg_host* host, std::uint64_t waker) noexcept {
  if (host == nullptr) return HG_INVALID;
  if (waker == 0) return HG_GONE;
  return services_of(host).wake(waker);
}

}  // namespace

const hg_async_ext kAsyncTable = {
    .size = HG_END_OF(hg_async_ext, wake),
    .reserved = 0,
    .timer = timer,
    .waker = waker,
    .wake = wake,
};

}  // namespace headgate::plugin
