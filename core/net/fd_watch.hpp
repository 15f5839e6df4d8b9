#pragma once
// Waits for one descriptor to become readable: the piece of the reactor that the listener, the
// resolver and the readiness of connections need. [worker]

#include <functional>
#include <memory>

#include "core/net/file_descriptor.hpp"
#include "core/net/task.hpp"

namespace headgate::net {

class FdWatch {
 public:
  // Owns the descriptor. `on_readable` is called from the loop and may destroy the watch.
  FdWatch(IoContext& io, FileDescriptor descriptor, std::function<void()> on_readable);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  int get() const;
  // Calls on_readable once, also when it is readable already. No effect while one wait goes on.
  void wait();
  void cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace headgate::net
