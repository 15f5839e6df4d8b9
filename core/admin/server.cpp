#include "core/admin/server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <utility>

#include "core/net/listener.hpp"

namespace headgate::admin {
namespace {

// The socket layer takes addresses, not names; the only name that needs no resolver is this one.
std::string socket_address(const config::Address& address) {
  if (address.kind == config::Address::Kind::unix_socket) return "unix:" + address.path;
  return address.host == "localhost" ? "127.0.0.1" : address.host;
}

void add(std::vector<AdminListen>& listens, const config::Address& address, AdminScope scope) {
  if (address.kind == config::Address::Kind::off) return;
  for (AdminListen& listen : listens) {
    // With port 0 the system chooses another one each time.
    const bool chosen = address.kind == config::Address::Kind::tcp && address.port == 0;
    if (listen.address == address && !chosen) {
      listen.scope = listen.scope | scope;
      return;
    }
  }
  AdminListen listen;
  listen.address = address;
  listen.scope = scope;
  listens.push_back(std::move(listen));
}

}  // namespace

std::vector<AdminListen> admin_listens(const config::StaticConfig& config) {
  std::vector<AdminListen> listens;
  add(listens, config.admin_addr, AdminScope::all);
  if (config.stats_addr) add(listens, *config.stats_addr, AdminScope::stats);
  if (config.readiness_addr) add(listens, *config.readiness_addr, AdminScope::readiness);
  return listens;
}

// Shared with the connections' tasks, which may outlive the server by some turns of the loop.
class AdminServer::State : public std::enable_shared_from_this<State> {
 public:
  State(net::DeadlineSweep& sweep, AdminSources sources, AdminLimits limits)
      : sweep_(sweep), sources_(std::move(sources)), limits_(limits) {}

  Result<void> listen(const AdminListen& listen) {
    auto opened = net::open_listen_sockets(socket_address(listen.address), listen.address.port, 1);
    if (!opened.ok()) return std::move(opened.error());
    net::ListenSocket socket = std::move(opened->front());
    addresses_.push_back(socket.name);
    net::ListenerOptions options;
    options.connections_max = limits_.connections_max;
    const AdminScope scope = listen.scope;
    auto listener = std::make_unique<net::Listener>(
        sweep_, std::move(socket), std::move(options),
        [weak = weak_from_this(), scope](std::unique_ptr<net::ByteStream> stream) {
          const auto state = weak.lock();
          // stop() empties the accept queue: who was in it is not served any more.
          if (state && !state->stopped_)
            net::spawn(state->sweep_.io(), serve(state, std::move(stream), scope));
        });
    listener->start();
    listeners_.push_back(std::move(listener));
    if (listen.address.kind == config::Address::Kind::unix_socket) note_socket(listen.address.path);
    return {};
  }

  void stop() {
    stopped_ = true;
    for (const SocketFile& file : std::exchange(socket_files_, {})) file.remove();
    for (const auto& listener : listeners_) listener->stop();
    // A stream that is closed ends its task later, from the loop: the set does not change here.
    for (net::ByteStream* stream : streams_) stream->close();
  }

  const std::vector<std::string>& addresses() const { return addresses_; }
  std::uint16_t port(std::size_t index) const { return listeners_.at(index)->port(); }

 private:
  static net::Task<void> serve(std::shared_ptr<State> state,
                               std::unique_ptr<net::ByteStream> stream, AdminScope scope) {
    const Registration registration(state->streams_, *stream);
    co_await serve_connection(*stream, state->sweep_, state->sources_, scope, state->limits_);
  }

  // Keeps a stream in the set while its task lives, however that ends.
  class Registration {
   public:
    Registration(std::set<net::ByteStream*>& streams, net::ByteStream& stream)
        : streams_(streams), stream_(stream) {
      streams_.insert(&stream_);
    }
    ~Registration() { streams_.erase(&stream_); }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

   private:
    std::set<net::ByteStream*>& streams_;
    net::ByteStream& stream_;
  };

  // A unix socket stays as a file when nobody listens any more. Another gateway may have put its
  // own in this place since.
  struct SocketFile {
    std::string path;
    dev_t device = 0;
    ino_t number = 0;

    void remove() const {
      struct stat now{};
      if (::lstat(path.c_str(), &now) != 0) return;
      if (now.st_dev == device && now.st_ino == number) ::unlink(path.c_str());
    }
  };
  void note_socket(const std::string& path) {
    struct stat made{};
    if (::lstat(path.c_str(), &made) == 0)
      socket_files_.push_back({path, made.st_dev, made.st_ino});
  }

  net::DeadlineSweep& sweep_;
  std::vector<SocketFile> socket_files_;
  const AdminSources sources_;
  const AdminLimits limits_;
  std::vector<std::string> addresses_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::set<net::ByteStream*> streams_;
  bool stopped_ = false;
};

AdminServer::AdminServer(net::DeadlineSweep& sweep, AdminSources sources, AdminLimits limits)
    : state_(std::make_shared<State>(sweep, std::move(sources), limits)) {}

AdminServer::~AdminServer() {
  stop();
}

Result<void> AdminServer::listen(const AdminListen& listen) {
  return state_->listen(listen);
}

std::vector<std::string> AdminServer::addresses() const {
  return state_->addresses();
}

std::uint16_t AdminServer::port(std::size_t index) const {
  return state_->port(index);
}

void AdminServer::stop() {
  state_->stop();
}

}  // namespace headgate::admin
