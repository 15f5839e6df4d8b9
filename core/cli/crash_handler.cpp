#include "core/cli/crash_handler.hpp"

#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstring>
#include <memory>

#include "core/plugin/running.hpp"

namespace headgate::cli {
namespace {

#ifdef HEADGATE_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// Only what is safe in a signal handler: no allocation, no lock, no formatting.
void say(const char* text) {
  if (text) [[maybe_unused]]
    const auto written = write(STDERR_FILENO, text, std::strlen(text));
}

void on_crash(int signal) {
  const plugin::RunningPlugin running = plugin::running_here();
  say("headgate: crashed");
  if (running.plugin_id) {
    say(" inside plugin ");
    say(running.plugin_id);
    say(", callback ");
    say(running.callback);
  } else {
    say(", no plugin was running on this thread");
  }
  say("\n");
  std::signal(signal, SIG_DFL);
  raise(signal);
}

// The thread's second stack, taken down with it.
class CrashStack {
 public:
  CrashStack() : bytes_(std::make_unique_for_overwrite<std::byte[]>(kBytes)) {
    stack_t stack{};
    stack.ss_sp = bytes_.get();
    stack.ss_size = kBytes;
    sigaltstack(&stack, nullptr);
  }
  ~CrashStack() {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
  }
  CrashStack(const CrashStack&) = delete;
  CrashStack& operator=(const CrashStack&) = delete;

 private:
  // The handler needs little itself; the registers that the kernel keeps there are some 3 KiB, on
  // the largest processors 11.
  static constexpr std::size_t kBytes = std::size_t{32} * 1024;
  const std::unique_ptr<std::byte[]> bytes_;
};

}  // namespace

void install_crash_handler() {
  if (kSanitized) return;
  prepare_thread_for_crash();
  struct sigaction action{};
  action.sa_handler = on_crash;
  action.sa_flags = SA_ONSTACK;
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
    sigaction(signal, &action, nullptr);
}

void prepare_thread_for_crash() {
  if (kSanitized) return;
  thread_local const CrashStack stack;
}

}  // namespace headgate::cli
