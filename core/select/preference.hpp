#pragma once
// Which of two candidates that were drawn serves. A part of the picker; who explains a pick asks
// the same functions. [any]

#include <atomic>
#include <cstdint>

#include "core/select/cell.hpp"
#include "core/select/milliseconds.hpp"
#include "core/select/settings.hpp"

namespace headgate::select {

// A candidate as far as the choice depends on it.
struct Drawn {
  double cost_ms = 0;
  bool stale = false;
};

// When nothing was heard for long from either candidate, one pick in so many goes to the one that
// seemed worse: with little traffic, too, everybody is tried again, and what is known still counts.
inline constexpr std::uint32_t kStaleOdds = 8;

inline bool due_out_of_turn(std::uint32_t last_sample, std::uint32_t now,
                            const Settings& settings) {
  return age_ms(now, last_sample) >= settings.out_of_turn_after.count();
}

// Nothing was heard from it for long, and nothing is on its way.
inline bool stale(const Cell& cell, std::uint32_t now, const Settings& settings) {
  return due_out_of_turn(cell.last_sample.load(std::memory_order_relaxed), now, settings) &&
         cell.load.requests() == 0;
}

// Whether a request out of turn is the second's. REQUIRES: one of them is stale.
constexpr bool second_in_turn(const Drawn& first, const Drawn& second) {
  return first.stale && second.stale ? second.cost_ms > first.cost_ms : second.stale;
}

constexpr bool second_is_cheaper(const Drawn& first, const Drawn& second,
                                 const Settings& settings) {
  return second.cost_ms < settings.keep_ratio * first.cost_ms;
}

}  // namespace headgate::select
