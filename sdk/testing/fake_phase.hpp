#pragma once
// One callback on a fake call, and the context that it belongs to. For the runs.

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

// The context of one run: made, unless the plugin needs none, and ended if it was.
template <class Api>
std::int32_t open_context(const Api& api, Instance& instance, hg_call& call, void*& context) {
  if (api.open == nullptr) return HG_CONTINUE;
  return in_phase(call, Phase::open,
                  [&] { return api.open(instance.get(), instance.worker(), &call, &context); });
}
template <class Api>
void close_context(const Api& api, Instance& instance, std::int32_t opened, void* context) {
  if (opened == HG_CONTINUE && api.close != nullptr) api.close(instance.get(), context);
}

}  // namespace hg::testing
