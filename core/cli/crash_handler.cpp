#include "core/cli/crash_handler.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

#include "core/plugin/running.hpp"

namespace headgate::cli {
namespace {

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

}  // namespace

void install_crash_handler() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) std::signal(signal, on_crash);
#endif
}

}  // namespace headgate::cli
