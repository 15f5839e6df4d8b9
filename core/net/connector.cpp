#include "core/net/connector.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <cerrno>
#include <optional>
#include <utility>

#include "core/net/plain_stream.hpp"
#include "core/net/signal.hpp"
#include "core/net/socket_option.hpp"
#include "core/net/tls_stream.hpp"

namespace headgate::net {
namespace {

using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                IoContext::executor_type>;

void set_options(int socket, const KeepaliveOptions& keepalive) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  if (!keepalive.enabled) return;
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(keepalive.time.count()));
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, static_cast<int>(keepalive.interval.count()));
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, keepalive.retries);
}

// Attempts at several addresses of one place; the first that connects wins. Held by the racing
// task and by each attempt's handler.
class Race : public std::enable_shared_from_this<Race> {
 public:
  Race(IoContext& io, KeepaliveOptions keepalive) : io_(io), signal(io), keepalive_(keepalive) {}

  void start(const Address& address);
  void abandon();

  bool won() const { return winner_.valid(); }
  bool running() const { return running_ > 0; }
  std::size_t failures() const { return failures_; }
  const ErrorCode& error() const { return error_; }    // of the first attempt that failed
  const Address& failed() const { return failed_; }    // where
  const Address& address() const { return address_; }  // of the winner
  FileDescriptor take_winner() { return std::move(winner_); }

 private:
  void finish(Socket& socket, const Address& address, const ErrorCode& error);

  IoContext& io_;

 public:
  Signal signal;  // something happened

 private:
  KeepaliveOptions keepalive_;
  std::vector<std::shared_ptr<Socket>> sockets_;
  std::size_t running_ = 0;
  std::size_t failures_ = 0;
  ErrorCode error_;
  Address failed_;
  FileDescriptor winner_;
  Address address_;
  bool over_ = false;
};

void Race::start(const Address& address) {
  ++running_;
  auto socket = std::make_shared<Socket>(io_.get_executor());
  sockets_.push_back(socket);
  const boost::asio::generic::stream_protocol protocol(address.family(), 0);
  ErrorCode error;
  socket->open(protocol, error);
  if (error) return finish(*socket, address, error);
  if (address.is_ip()) set_options(socket->native_handle(), keepalive_);
  const boost::asio::generic::stream_protocol::endpoint endpoint(address.data(), address.size());
  socket->async_connect(endpoint,
                        [race = shared_from_this(), socket, address](const ErrorCode& outcome) {
                          race->finish(*socket, address, outcome);
                        });
}

void Race::finish(Socket& socket, const Address& address, const ErrorCode& error) {
  --running_;
  if (over_) return;
  if (error) {
    if (failures_++ == 0) {
      error_ = error;
      failed_ = address;
    }
  } else {
    ErrorCode ignored;
    winner_.reset(socket.release(ignored));
    address_ = address;
    abandon();
  }
  signal.notify();
}

void Race::abandon() {
  over_ = true;
  ErrorCode ignored;
  for (const auto& socket : sockets_) socket->close(ignored);
  sockets_.clear();
}

std::string place(const ConnectOptions& options) {
  if (!options.unix_path.empty()) return "unix:" + options.unix_path;
  return host_port(options.host, options.port);
}

Error timeout_error(const ConnectOptions& options, const char* what) {
  return upstream_error(
      "connect_timeout",
      std::string(what) + " " + place(options) + " took longer than the connect timeout", 504);
}

Error cancelled_error(const ConnectOptions& options) {
  return upstream_error("cancelled", "connecting to " + place(options) + " was given up");
}

Error connect_error(const ConnectOptions& options, const Race& race) {
  std::string where = place(options);
  const std::string address = race.failed().text();
  if (race.failed().is_ip() && address != where) where += " (" + address + ")";
  const ErrorCode error = race.error();
  const std::string text = "connecting to " + where + ": " + error.message();
  if (error == boost::asio::error::connection_refused) {
    return upstream_error("connect_refused", text);
  }
  if (error == boost::asio::error::timed_out) return upstream_error("connect_timeout", text, 504);
  return upstream_error("connect_failed", text);
}

// Starts the attempts one after the other, each when the one before has failed or has had its head
// start, until one connects, all have failed, `deadline` has come or nobody wants it any more.
Task<void> run_race(std::shared_ptr<Race> race, DeadlineSweep& sweep,
                    std::vector<Address> addresses, milliseconds head_start, TimePoint deadline,
                    Cancel* cancel) {
  Deadline end(sweep, [&race] { race->signal.notify(); });
  Deadline next(sweep, [&race] { race->signal.notify(); });
  const Cancel::Scope scope(cancel, [&race] { race->signal.notify(); });
  end.arm(deadline);
  std::size_t started = 0;
  while (!race->won() && !end.expired() && !is_requested(cancel)) {
    const bool all_failed = race->failures() == started;
    if (started < addresses.size() && (all_failed || next.expired())) {
      race->start(addresses[started++]);
      next.arm_after(head_start);
    } else if (all_failed) {
      break;
    }
    co_await race->signal.wait();
  }
  race->abandon();
}

}  // namespace

std::vector<Address> interleave_families(const std::vector<Address>& addresses) {
  if (addresses.empty()) return {};
  const int first = addresses.front().family();
  std::vector<Address> same;
  std::vector<Address> other;
  for (const Address& address : addresses) {
    (address.family() == first ? same : other).push_back(address);
  }
  std::vector<Address> order;
  for (std::size_t i = 0; i < std::max(same.size(), other.size()); ++i) {
    if (i < same.size()) order.push_back(same[i]);
    if (i < other.size()) order.push_back(other[i]);
  }
  return order;
}

Connector::Connector(DeadlineSweep& sweep, Resolver& resolver, ConnectorOptions options)
    : sweep_(sweep), resolver_(resolver), options_(std::move(options)) {}

Task<Result<std::unique_ptr<ByteStream>>> Connector::connect(ConnectOptions options) {
  std::vector<Address> addresses;
  if (options.unix_path.empty()) {
    const auto [host, port] = apply_connect_to(options_.connect_to, options.host, options.port);
    auto resolved = co_await resolver_.resolve(host, port, options.deadline, options.cancel);
    if (!resolved) co_return std::move(resolved.error());
    if (!options_.ipv6) {
      std::erase_if(*resolved, [](const Address& address) { return address.family() == AF_INET6; });
      if (resolved->empty()) {
        co_return upstream_error("connect_failed",
                                 place(options) + " has IPv6 addresses only, and IPv6 is off");
      }
    }
    addresses = interleave_families(*resolved);
    if (addresses.size() > options_.addresses_max) addresses.resize(options_.addresses_max);
  } else if (const auto address = Address::from_unix_path(options.unix_path)) {
    addresses.push_back(*address);
  } else {
    co_return upstream_error("connect_failed", "the path of " + place(options) + " is too long");
  }

  auto race = std::make_shared<Race>(sweep_.io(), options_.keepalive);
  co_await run_race(race, sweep_, std::move(addresses), options_.attempt_delay, options.deadline,
                    options.cancel);
  if (!race->won()) {
    if (is_requested(options.cancel)) co_return cancelled_error(options);
    if (race->failures() > 0 && !race->running()) co_return connect_error(options, *race);
    co_return timeout_error(options, "connecting to");
  }

  FileDescriptor socket = race->take_winner();
  auto stream = make_plain_stream(sweep_.io(), std::move(socket), race->address());
  if (!options.tls) co_return std::move(stream);
  co_return co_await secure(std::move(stream), std::move(options));
}

Task<Result<std::unique_ptr<ByteStream>>> Connector::secure(std::unique_ptr<ByteStream> stream,
                                                            ConnectOptions options) {
  const std::string& name = options.tls_name.empty() ? options.host : options.tls_name;
  auto tls = make_tls_client_stream(std::move(stream), options.tls, name, place(options));
  Deadline deadline(sweep_, [&tls] { tls->close(); });
  deadline.arm(options.deadline);
  const Cancel::Scope scope(options.cancel, [&tls] { tls->close(); });
  Result<void> secured = co_await tls->handshake();
  deadline.disarm();
  if (is_requested(options.cancel)) co_return cancelled_error(options);
  if (deadline.expired()) co_return timeout_error(options, "the TLS handshake with");
  if (!secured) {
    Error& error = secured.error();
    error.message = "TLS handshake with " + place(options) + ": " + error.message;
    co_return std::move(error);
  }
  co_return std::unique_ptr<ByteStream>(std::move(tls));
}

}  // namespace headgate::net
