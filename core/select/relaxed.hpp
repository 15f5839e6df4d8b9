#pragma once
// Statistics are single words that stand for themselves: nothing is published with them. [any]

#include <atomic>

namespace headgate::select {

inline constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace headgate::select
