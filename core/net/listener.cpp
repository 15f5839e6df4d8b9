#include "core/net/listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "core/base/log.hpp"
#include "core/net/address.hpp"
#include "core/net/fd_watch.hpp"
#include "core/net/plain_stream.hpp"
#include "core/net/tls_stream.hpp"

namespace headgate::net {
namespace {

constexpr int kAcceptsPerTurn = 64;        // then others have their turn
constexpr milliseconds kAcceptPause{100};  // when descriptors or memory have run out

void set_option(int socket, int level, int name, int value) {
  ::setsockopt(socket, level, name, &value, sizeof(value));
}

bool out_of_something(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

class Listener::State : public std::enable_shared_from_this<State> {
 public:
  State(DeadlineSweep& sweep, ListenSocket socket, ListenerOptions options, OnStream on_stream)
      : sweep_(sweep),
        options_(std::move(options)),
        on_stream_(std::move(on_stream)),
        name_(std::move(socket.name)),
        port_(socket.port),
        pause_(std::make_unique<Deadline>(sweep, [this] { accept_some(kAcceptsPerTurn); })) {
    const auto idle = static_cast<int>(options_.keepalive_idle.count());
    const int descriptor = socket.descriptor.get();
    if (idle > 0 && port_ != 0) {
      // Accepted sockets inherit both.
      set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
      set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, idle);
    }
    watch_ = std::make_unique<FdWatch>(sweep_.io(), std::move(socket.descriptor),
                                       [this] { accept_some(kAcceptsPerTurn); });
  }

  void start() { watch_->wait(); }
  void stop();
  void detach() {
    stop();
    on_stream_ = nullptr;
  }
  void set_tls(std::shared_ptr<const TlsServerTable> tls) { options_.tls = std::move(tls); }
  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return connections_; }

 private:
  // Held by each stream.
  struct Slot {
    explicit Slot(std::shared_ptr<State> state) : state(std::move(state)) {
      ++this->state->connections_;
    }
    ~Slot() { state->release(); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    std::shared_ptr<State> state;
  };

  void accept_some(int count);
  bool accept_failed(int error);
  void take(FileDescriptor socket, const Address& remote);
  void release();
  static Task<void> secure(std::shared_ptr<State> state, std::unique_ptr<TlsStream> stream);

  DeadlineSweep& sweep_;
  ListenerOptions options_;
  OnStream on_stream_;
  std::string name_;
  std::uint16_t port_;
  std::size_t connections_ = 0;
  bool full_ = false;
  bool stopping_ = false;
  TimePoint complained_at_{};
  std::unique_ptr<Deadline> pause_;
  std::unique_ptr<FdWatch> watch_;  // gone when it has stopped
};

// At most `count` connections, then waits for the next one.
void Listener::State::accept_some(int count) {
  for (int i = 0; i < count && watch_; ++i) {
    if (connections_ >= options_.connections_max && !stopping_) {
      full_ = true;
      return;
    }
    sockaddr_storage from{};
    socklen_t size = sizeof(from);
    FileDescriptor socket(::accept4(watch_->get(), reinterpret_cast<sockaddr*>(&from), &size,
                                    SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.valid()) {
      take(std::move(socket), Address(reinterpret_cast<const sockaddr*>(&from), size));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (!accept_failed(errno)) {
      return;
    }
  }
  if (watch_ && !stopping_) watch_->wait();
}

// Whether to go on at once: the connection alone failed (accept(2) passes on errors of the network
// that happened to it). Otherwise accepting pauses: the queue stays readable, and waiting for it
// would spin.
bool Listener::State::accept_failed(int error) {
  if (!out_of_something(error) && error != EBADF && error != EINVAL) return true;
  if (stopping_) return false;
  const TimePoint now = sweep_.clock().now();
  if (now - complained_at_ >= std::chrono::seconds(10)) {
    complained_at_ = now;
    log::warn("cannot accept on " + name_ + " with " + std::to_string(connections_) +
              " connections open: " + std::strerror(error));
  }
  pause_->arm(now + kAcceptPause);
  return false;
}

void Listener::State::take(FileDescriptor socket, const Address& remote) {
  auto slot = std::make_shared<Slot>(shared_from_this());
  std::unique_ptr<ByteStream> stream =
      make_plain_stream(sweep_.io(), std::move(socket), remote, std::move(slot));
  if (!options_.tls) {
    if (on_stream_) on_stream_(std::move(stream));
    return;
  }
  if (options_.tls->any() == nullptr) return;  // no certificate, no connection
  auto tls = make_tls_server_stream(std::move(stream), options_.tls);
  spawn(sweep_.io(), secure(shared_from_this(), std::move(tls)));
}

Task<void> Listener::State::secure(std::shared_ptr<State> state,
                                   std::unique_ptr<TlsStream> stream) {
  Deadline deadline(state->sweep_, [&stream] { stream->close(); });
  deadline.arm_after(state->options_.handshake_timeout);
  const Result<void> secured = co_await stream->handshake();
  deadline.disarm();
  if (!secured) {
    if (log::enabled(log::Level::debug)) {
      log::debug("TLS handshake of " + stream->remote_address() + " on " + state->name_ +
                 " failed: " + secured.error().message);
    }
    co_return;
  }
  if (state->on_stream_) state->on_stream_(std::move(stream));
}

void Listener::State::release() {
  --connections_;
  if (!full_ || !watch_) return;
  full_ = false;
  watch_->wait();
}

void Listener::State::stop() {
  if (!watch_ || stopping_) return;
  stopping_ = true;
  pause_->disarm();
  watch_->cancel();
  // All that is queued now; what comes while this runs is bounded by the queue's length.
  accept_some(1 << 16);
  watch_.reset();
}

Listener::Listener(DeadlineSweep& sweep, ListenSocket socket, ListenerOptions options,
                   OnStream on_stream)
    : state_(std::make_shared<State>(sweep, std::move(socket), std::move(options),
                                     std::move(on_stream))) {}

Listener::~Listener() {
  state_->detach();
}

void Listener::start() {
  state_->start();
}

void Listener::stop() {
  state_->stop();
}

void Listener::set_tls(std::shared_ptr<const TlsServerTable> tls) {
  state_->set_tls(std::move(tls));
}

std::uint16_t Listener::port() const {
  return state_->port();
}

std::size_t Listener::connections() const {
  return state_->connections();
}

}  // namespace headgate::net
