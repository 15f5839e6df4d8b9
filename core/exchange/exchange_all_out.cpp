// Everybody who could serve the request is out: who comes back soon is waited for; otherwise the
// least bad is asked, or the client is told when to come back.

#include <algorithm>

#include "core/base/log.hpp"
#include "core/exchange/all_out.hpp"
#include "core/exchange/exchange.hpp"
#include "core/exchange/pause.hpp"
#include "core/select/cell.hpp"

namespace headgate::exchange {
namespace {

// Those who wait for the same return come one after the other: each adds up to this share of its
// wait, and something where the wait is short.
constexpr double kSpread = 0.2;
constexpr milliseconds kSpreadLeast{10};

}  // namespace

std::optional<TimePoint> Exchange::wait_until(const select::Shortfall& none, TimePoint since,
                                              TimePoint now) {
  const auto back = return_to_wait_for(*request_.backend, none, since);
  if (!back) return std::nullopt;
  const auto wait = std::max(std::chrono::ceil<milliseconds>(*back - now), milliseconds{0});
  const double spread = std::max(static_cast<double>(wait.count()) * kSpread,
                                 static_cast<double>(kSpreadLeast.count()));
  const auto later = static_cast<milliseconds::rep>(spread * worker_.worker.rng().uniform());
  const TimePoint until = now + wait + milliseconds{later + 1};
  if (request_.deadline && until >= *request_.deadline) return std::nullopt;
  return until;
}

net::Task<bool> Exchange::wait_for_return(select::PickResult& picked, TimePoint& now) {
  select::Waiters::Seat seat;
  const TimePoint since = now;
  const auto held_before = held_.value_or(std::chrono::nanoseconds(0));
  Resort resort = Resort::any;
  for (;;) {
    const std::optional<TimePoint> until = wait_until(picked, since, now);
    if (!until) break;
    if (!seat.take(worker_.waiters)) {
      // Others wait for the one that is being tried; it is not asked before them.
      resort = Resort::idle;
      break;
    }
    const TimePoint time = *until;
    if (log::enabled(log::Level::debug)) {
      const auto wait = std::chrono::ceil<milliseconds>(time - now);
      log::debug("request " + request_.id + ": everybody is out, waits " +
                 std::to_string(wait.count()) + " ms for '" +
                 request_.backend->endpoints[picked.returning->index()].name + "'");
    }
    Pause pause(worker_, client_);
    const bool here = co_await pause.until(time);
    now = worker_.worker.clock().now();
    held_ = held_before + (now - since);
    if (!here) co_return false;
    picked = pick(nullptr, now, Resort::none);
    if (picked.endpoint) co_return true;
  }
  picked = pick(nullptr, now, resort);
  co_return true;
}

net::Task<void> Exchange::answer_shortage(const select::PickResult& none) {
  const TimePoint now = worker_.worker.clock().now();
  std::optional<milliseconds> retry_after;
  if (none.earliest_return) {
    const auto wait = std::chrono::floor<milliseconds>(*none.earliest_return - now);
    retry_after = std::max(wait, milliseconds(1));
  }
  std::string message = "no provider can take the request now";
  std::string_view code = "no_endpoint";
  int status = 503;
  if (none.shortage == select::Shortage::full) {
    code = "overloaded";
    message = "every provider has as many requests in flight as its maxConcurrency allows";
    if (!retry_after) retry_after = milliseconds(1000);
  } else if (none.shortage == select::Shortage::evicted && none.returning) {
    message = "every provider is out of service";
    const auto told = none.returning->cell_for(model_key()).told_to_wait(now);
    if (told && *told != select::Scope::endpoint) {
      code = "rate_limited";
      status = 429;
      message = "every provider is out of service or has its rate limit used up";
    }
  }
  Error error = gateway_error(code, std::move(message), status);
  co_await answer_error(std::move(error), retry_after);
}

}  // namespace headgate::exchange
