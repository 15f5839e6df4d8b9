#pragma once
// Makes connections to upstreams: resolve, race the addresses (RFC 8305, "happy eyeballs"), then
// the TLS handshake; all before one deadline. [worker]

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/net/address.hpp"
#include "core/net/byte_stream.hpp"
#include "core/net/cancel.hpp"
#include "core/net/connect_to.hpp"
#include "core/net/deadline.hpp"
#include "core/net/resolver.hpp"
#include "core/net/tls_context.hpp"

namespace headgate::net {

struct KeepaliveOptions {
  bool enabled = true;
  std::chrono::seconds time{180};      // idle before the first probe
  std::chrono::seconds interval{180};  // between probes
  int retries = 9;                     // unanswered probes until the connection is dead
};

struct ConnectorOptions {
  std::vector<ConnectToRule> connect_to;
  KeepaliveOptions keepalive;
  // Whether IPv6 addresses are used.
  bool ipv6 = true;
  // Head start of an address before the next one is tried beside it (RFC 8305, section 5).
  milliseconds attempt_delay{250};
  // Addresses tried for one connection.
  std::size_t addresses_max = 8;
};

// Where and how. Has a constructor because it travels through coroutines.
struct ConnectOptions {
  ConnectOptions(std::string host, std::uint16_t port, TimePoint deadline)
      : host(std::move(host)), port(port), deadline(deadline) {}

  std::string host;  // a name or an address; also names the place in errors
  std::uint16_t port;
  TimePoint deadline;                           // for everything, the TLS handshake included
  std::string unix_path;                        // when not empty: connect here instead
  std::shared_ptr<const TlsClientContext> tls;  // nothing: in clear
  std::string tls_name;                         // SNI and name to verify; empty: host
  Cancel* cancel = nullptr;                     // set: may end it early; must outlive the task
};

class Connector {
 public:
  // Both must outlive the connector.
  Connector(DeadlineSweep& sweep, Resolver& resolver, ConnectorOptions options);
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // Errors name host:port: dns_failed, dns_timeout, connect_refused, connect_failed (unreachable
  // and the like), connect_timeout (504), tls_failed; all upstream faults worth trying elsewhere.
  // cancelled: as asked, with nothing left open.
  Task<Result<std::unique_ptr<ByteStream>>> connect(ConnectOptions options);

 private:
  Task<Result<std::unique_ptr<ByteStream>>> secure(std::unique_ptr<ByteStream> stream,
                                                   ConnectOptions options);

  DeadlineSweep& sweep_;
  Resolver& resolver_;
  ConnectorOptions options_;
};

// The order in which addresses are tried: that of the resolver, but families take turns, so that a
// broken one costs one delay and not one per address. Pure.
std::vector<Address> interleave_families(const std::vector<Address>& addresses);

}  // namespace headgate::net
