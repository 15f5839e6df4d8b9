#pragma once
// One callback on a fake call: what may be asked in it, and what was emitted. For the runs.

#include <type_traits>

#include "fake_host.hpp"

namespace hg::testing {

// Runs one callback with its phase set and its views dying behind it.
template <class Function>
auto in_phase(hg_call& call, Phase phase, Function&& function) {
  call.begin(phase);
  if constexpr (std::is_void_v<decltype(function())>) {
    function();
    call.finish();
  } else {
    auto result = function();
    call.finish();
    return result;
  }
}

template <class Function>
EventResult event_result(hg_call& call, Phase phase, Function&& function) {
  EventResult result;
  call.emitted.clear();
  in_phase(call, phase, [&] { result.action = function(result.flags); });
  result.emitted = call.emitted;
  return result;
}

}  // namespace hg::testing
