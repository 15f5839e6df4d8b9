#pragma once
// Accepting connections. The control thread opens the sockets of an address, one per worker
// (SO_REUSEPORT), so that everything that can fail fails there, with a message; each worker then
// accepts on its own.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/net/byte_stream.hpp"
#include "core/net/deadline.hpp"
#include "core/net/file_descriptor.hpp"
#include "core/net/tls_context.hpp"

namespace headgate::net {

// A socket that listens, not yet owned by a worker. Connections queue up in it meanwhile.
class ListenSocket {
 public:
  ListenSocket(FileDescriptor descriptor, std::string name, std::uint16_t port)
      : descriptor(std::move(descriptor)), name(std::move(name)), port(port) {}

  FileDescriptor descriptor;
  std::string name;    // for messages: "[::]:3000", "127.0.0.1:3000", "unix:/run/headgate.sock"
  std::uint16_t port;  // the real one, when 0 was asked for; 0 for a unix socket
};

inline constexpr int kBacklogMax = 4096;

// Who may listen on the port already.
enum class PortNeighbours : std::uint8_t {
  none,  // nobody: that fails
  ours,  // sockets that open_listen_sockets() made in this process, at any address
};

// Opens `count` sockets on one address. `address` is "" for all addresses of both families, an IP
// address, or "unix:/path" (the port is ignored; the sockets are then copies of one). Fails with
// listen_failed when anybody, another gateway included, listens there already: the first socket is
// bound exclusively before the port is shared. At most `backlog` connections wait in each to be
// accepted (the kernel lowers it to net.core.somaxconn). [main]
Result<std::vector<ListenSocket>> open_listen_sockets(
    const std::string& address, std::uint16_t port, std::size_t count, int backlog = kBacklogMax,
    PortNeighbours neighbours = PortNeighbours::none);

struct ListenerOptions {
  // Open connections of this listener on this worker, handshakes included. At the limit it stops
  // accepting until one closes; further clients wait in the kernel's queue.
  std::size_t connections_max = 16'384;
  // From accept to the end of the TLS handshake.
  milliseconds handshake_timeout{10'000};
  // TCP keep-alive: idle time before the first probe. Zero: none.
  std::chrono::seconds keepalive_idle{180};
  // The certificates. Nothing: connections are in clear.
  std::shared_ptr<const TlsServerTable> tls;
};

// One worker's share of one address. [worker]
class Listener {
 public:
  using OnStream = std::function<void(std::unique_ptr<ByteStream>)>;

  // `sweep` must outlive the listener. `on_stream` gets each connection when its handshake is done,
  // from the loop, and should spawn a task for it; it must not destroy the listener. It is not
  // called after the destructor.
  Listener(DeadlineSweep& sweep, ListenSocket socket, ListenerOptions options, OnStream on_stream);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void start();

  // Stops accepting. Whoever is in the accept queue is accepted first, because closing the socket
  // would reset them. Handshakes that go on are finished.
  void stop();

  // For handshakes that begin from now on.
  void set_tls(std::shared_ptr<const TlsServerTable> tls);

  std::uint16_t port() const;
  std::size_t connections() const;  // open now, handshakes included

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace headgate::net
