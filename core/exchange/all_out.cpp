#include "core/exchange/all_out.hpp"

namespace headgate::exchange {

std::optional<TimePoint> return_to_wait_for(const BackendPlan& backend,
                                            const select::Shortfall& none, TimePoint since) {
  if (none.shortage != select::Shortage::evicted || !none.returning) return std::nullopt;
  // One that is only held back may be asked before its time when nobody else can serve.
  if (none.held_back) return std::nullopt;
  const RetrySettings& retry = backend.endpoints[none.returning->index()].retry;
  if (!retry.ask_when_all_out) return std::nullopt;
  if (*none.earliest_return > since + retry.wait_for_retry_after) return std::nullopt;
  return none.earliest_return;
}

}  // namespace headgate::exchange
