#pragma once
// When the process crashes, says which plugin was running, if any: a plugin has the gateway's
// rights and can take it down, and then its author is the one to ask.

namespace headgate::cli {

// For SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT; the signal then takes its usual course. Not in
// builds with sanitizers, which say more themselves. [main]
void install_crash_handler();

// Gives the calling thread a stack of its own for the handler, as long as it lives: a plugin that
// used up the thread's stack is named, too. Later calls of the same thread do nothing. [any]
void prepare_thread_for_crash();

}  // namespace headgate::cli
