#pragma once
// An io_context whose waiting tasks can be destroyed before the things they refer to.

#include "core/net/task.hpp"

namespace headgate::net {

// (Not final: Asio derives from what is posted to.) Only one thread runs it and does I/O on it, so
// the locks of the reactor are off; post() may be called from any thread.
class Loop : public IoContext {
 public:
  Loop();

  // Destroys all tasks that still wait, and with them their locals; nothing runs on it afterwards.
  // Whoever owns the loop and what its tasks use calls this first in its destructor.
  // REQUIRES: no thread is in run().
  void destroy_tasks() { shutdown(); }
};

}  // namespace headgate::net
