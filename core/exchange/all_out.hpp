#pragma once
// Whether a request that finds everybody out is held until the first is back. Also for who explains
// what would be done. [any]

#include <optional>

#include "core/base/clock.hpp"
#include "core/exchange/snapshot.hpp"
#include "core/select/picker.hpp"

namespace headgate::exchange {

// The return that a request which has waited since `since` is held for; nothing: there is none, or
// it is too late, or somebody may be asked before.
std::optional<TimePoint> return_to_wait_for(const BackendPlan& backend,
                                            const select::Shortfall& none, TimePoint since);

}  // namespace headgate::exchange
