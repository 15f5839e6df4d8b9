#pragma once
// Who is running: each worker has one slot that names the plugin and the callback it is inside.
// Written with a few plain stores around every callback, without a clock; read by the watchdog on
// the control thread and by the crash handler.

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

struct hg_call;

namespace headgate::plugin {

// Texts are static or live as long as the process.
struct RunningPlugin {
  const char* plugin_id = nullptr;  // nullptr: no plugin is running
  const char* callback = nullptr;
  std::uint64_t sequence = 0;  // another one for each callback
};

class alignas(64) RunningSlot {
 public:
  constexpr RunningSlot() = default;

  // The owning thread only. Calls do not nest: the gateway never calls a plugin from inside one.
  void enter(const char* plugin_id, const char* callback) {
    std::atomic_thread_fence(std::memory_order_release);
    plugin_id_.store(plugin_id, std::memory_order_relaxed);
    callback_.store(callback, std::memory_order_relaxed);
    sequence_.store(sequence_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  void leave() {
    sequence_.store(sequence_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  RunningPlugin read() const;  // [any]

 private:
  std::atomic<std::uint64_t> sequence_{0};  // odd while a callback runs
  std::atomic<const char*> plugin_id_{nullptr};
  std::atomic<const char*> callback_{nullptr};
};

// The slots of all workers. Must outlive them.
class RunningSlots {
 public:
  explicit RunningSlots(std::uint32_t workers)
      : slots_(std::make_unique<RunningSlot[]>(workers)), workers_(workers) {}

  // Makes the calling thread publish to slot `worker` from now on. Call once, at its start.
  void bind(std::uint32_t worker);

  std::span<const RunningSlot> slots() const { return {slots_.get(), workers_}; }

 private:
  std::unique_ptr<RunningSlot[]> slots_;
  std::uint32_t workers_;
};

// What the calling thread is inside of. For the crash handler: safe in a signal handler. [any]
RunningPlugin running_here();

// The request whose callback the calling thread is inside of, or nullptr. [any]
const hg_call* call_here();

// Around every callback: publishes who runs, and ties the request to this thread, so that a debug
// build finds a plugin that uses a request elsewhere.
class Running {
 public:
  // `call` is nullptr for callbacks without a request.
  Running(const char* plugin_id, const char* callback, const hg_call* call);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  RunningSlot& slot_;
};

}  // namespace headgate::plugin
