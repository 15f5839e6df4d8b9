#pragma once
// When the process crashes, says which plugin was running, if any: a plugin has the gateway's
// rights and can take it down, and then its author is the one to ask.

namespace headgate::cli {

// For SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT; the signal then takes its usual course. [main]
void install_crash_handler();

}  // namespace headgate::cli
