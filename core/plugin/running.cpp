#include "core/plugin/running.hpp"

namespace headgate::plugin {

namespace {

// Constant-initialised, so that a signal handler may read them at any time. A thread that is no
// worker (main: create and destroy) publishes to a slot of its own, for the crash handler.
thread_local constinit RunningSlot own_slot;
thread_local constinit RunningSlot* bound_slot = nullptr;
thread_local constinit const hg_call* current_call = nullptr;

RunningSlot& slot_here() {
  return bound_slot != nullptr ? *bound_slot : own_slot;
}

}  // namespace

RunningPlugin RunningSlot::read() const {
  RunningPlugin running;
  running.sequence = sequence_.load(std::memory_order_acquire);
  if (running.sequence % 2 == 0) return running;
  running.plugin_id = plugin_id_.load(std::memory_order_relaxed);
  running.callback = callback_.load(std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_acquire);
  // The callback ended while its names were read: they may be the next one's.
  if (sequence_.load(std::memory_order_relaxed) != running.sequence) return {};
  return running;
}

void RunningSlots::bind(std::uint32_t worker) {
  bound_slot = &slots_[worker];
}

RunningPlugin running_here() {
  return slot_here().read();
}

const hg_call* call_here() {
  return current_call;
}

Running::Running(const char* plugin_id, const char* callback, const hg_call* call)
    : slot_(slot_here()) {
  current_call = call;
  slot_.enter(plugin_id, callback);
}

Running::~Running() {
  slot_.leave();
  current_call = nullptr;
}

}  // namespace headgate::plugin
