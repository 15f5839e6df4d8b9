#pragma once
// The admin listeners: metrics, health, state and reload, on the control thread's loop.

#include <memory>
#include <string>
#include <vector>

#include "core/admin/connection.hpp"
#include "core/admin/handler.hpp"
#include "core/base/error.hpp"
#include "core/config/static_config.hpp"
#include "core/net/deadline.hpp"

namespace headgate::admin {

// One address and what is served there.
class AdminListen {
 public:
  config::Address address;
  AdminScope scope = AdminScope::none;
};

// The listeners that a configuration asks for: one per address, without those that are off. What
// has no address of its own is served by the admin listener, which serves everything. Pure. [any]
std::vector<AdminListen> admin_listens(const config::StaticConfig& config);

// REQUIRES: all calls on the thread that runs the sweep's loop, or before it runs. [control]
class AdminServer {
 public:
  // `sweep` must outlive the server; so must what `sources` points at, and the loop must not run
  // any more connections of this server after stop() has been processed by it.
  AdminServer(net::DeadlineSweep& sweep, AdminSources sources, AdminLimits limits = {});
  ~AdminServer();  // stops
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // Opens the address and serves. Fails with a message that names it.
  Result<void> listen(const AdminListen& listen);

  // Where it listens, for messages: "127.0.0.1:15000", with the real port if 0 was asked for.
  std::vector<std::string> addresses() const;
  // The port of the n-th successful listen().
  std::uint16_t port(std::size_t index) const;

  // Stops accepting and closes all connections; their tasks end at the loop's next turns.
  void stop();

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace headgate::admin
