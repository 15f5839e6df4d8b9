#pragma once
// The ports that clients come in through: opened on the control thread, so that everything that can
// fail fails there, and served by all workers. A reload opens what is new, closes what is gone and
// leaves the rest alone. [main]

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/cli/worker_set.hpp"
#include "core/config/config.hpp"
#include "core/net/listener.hpp"
#include "core/observe/gateway_metrics.hpp"

namespace headgate::cli {

class Listeners {
 public:
  // Both must outlive the listeners.
  Listeners(WorkerSet& workers, observe::GatewayMetrics& metrics)
      : workers_(workers), metrics_(metrics) {}
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  // What `apply` will need; nothing that serves changes. Errors: a certificate that cannot be read,
  // an address that is taken.
  Result<void> prepare(const config::Config& config);
  // Serves what was prepared. REQUIRES: every worker has its snapshot.
  void apply();
  // Forgets what was prepared.
  void discard() { prepared_.clear(); }

  // Stops accepting; connections, and handshakes that have begun, go on.
  void stop();
  // Ends what was stopped for good. Once the connections are gone.
  void drop_retired();

  // "0.0.0.0:3000": where clients can connect, with real ports.
  const std::vector<std::string>& addresses() const { return addresses_; }

 private:
  struct Key {
    std::string address;
    std::uint16_t port;
    bool operator<(const Key& other) const {
      return port != other.port ? port < other.port : address < other.address;
    }
  };
  struct Prepared {
    std::vector<net::ListenSocket> sockets;  // empty: the key is served already
    std::shared_ptr<const net::TlsServerTable> tls;
    std::string name;
  };
  struct Serving {
    std::vector<std::unique_ptr<net::Listener>> listeners;  // by worker; touched on it only
    std::string name;
  };

  bool serves_port(std::uint16_t port) const;
  void open(const Key& key, Prepared prepared);
  void close(Serving& serving);
  void drop_finished();

  WorkerSet& workers_;
  observe::GatewayMetrics& metrics_;
  std::map<Key, Prepared> prepared_;
  std::map<Key, Serving> serving_;
  std::vector<Serving> retired_;
  std::vector<std::string> addresses_;
};

// Whether the certificates and keys of all listeners can be used.
Result<void> check_listener_tls(const config::Config& config);

}  // namespace headgate::cli
