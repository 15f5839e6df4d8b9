#include "core/cli/listeners.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "core/base/log.hpp"
#include "core/exchange/client_connection.hpp"
#include "core/net/tls_context.hpp"

namespace headgate::cli {
namespace {

Result<std::shared_ptr<const net::TlsServerTable>> make_tls(const config::BindConfig& bind) {
  auto table = std::make_shared<net::TlsServerTable>();
  for (const config::ListenerConfig& listener : bind.listeners) {
    if (!listener.tls) continue;
    net::TlsServerOptions options;
    options.certificate_file = listener.tls->cert;
    options.key_file = listener.tls->key;
    options.root_file = listener.tls->root;
    if (listener.tls->min_version == config::ListenerTlsConfig::MinVersion::tls_1_3) {
      options.version_min = net::TlsVersion::tls_1_3;
    }
    auto context = net::make_tls_server_context(options);
    if (!context) return std::move(context.error());
    table->add(listener.hostname, *context);
  }
  if (!table->any()) return std::shared_ptr<const net::TlsServerTable>();
  return std::shared_ptr<const net::TlsServerTable>(std::move(table));
}

// One open connection, as the metrics see it.
class Counted {
 public:
  Counted(observe::WorkerMetrics& metrics, observe::Gauge gauge)
      : metrics_(metrics), gauge_(gauge) {
    metrics_.add(gauge_, 1);
  }
  ~Counted() { metrics_.add(gauge_, -1); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  observe::WorkerMetrics& metrics_;
  const observe::Gauge gauge_;
};

net::Task<void> serve(exchange::WorkerContext& context, std::unique_ptr<net::ByteStream> stream,
                      std::uint16_t port, observe::Gauge gauge) {
  const Counted counted(context.metrics, gauge);
  co_await exchange::serve_connection(context, std::move(stream), port);
}

}  // namespace

Result<void> check_listener_tls(const config::Config& config) {
  for (const config::BindConfig& bind : config.binds) {
    if (auto made = make_tls(bind); !made) return std::move(made.error());
  }
  return {};
}

Result<void> Listeners::prepare(const config::Config& config) {
  prepared_.clear();
  std::size_t anonymous = 0;
  const auto backlog = static_cast<int>(config.frontend.http.pending_connections_max);
  for (const config::BindConfig& bind : config.binds) {
    auto tls = make_tls(bind);
    if (!tls) return std::move(tls.error());
    const std::string address =
        bind.address.empty() && !config.fixed.enable_ipv6 ? std::string("0.0.0.0") : bind.address;
    // Several binds may leave their port to the system; their place tells them apart.
    const Key key{address + (bind.port == 0 ? "#" + std::to_string(anonymous++) : ""), bind.port};
    Prepared prepared;
    prepared.tls = *tls;
    if (!serving_.contains(key)) {
      // Where a bind has only got another address, its old socket is ours and shares the port
      // until it is closed, so that at no time nobody listens.
      const auto neighbours =
          serves_port(bind.port) ? net::PortNeighbours::ours : net::PortNeighbours::none;
      auto sockets =
          net::open_listen_sockets(address, bind.port, workers_.size(), backlog, neighbours);
      if (!sockets) {
        prepared_.clear();
        return std::move(sockets.error());
      }
      prepared.sockets = std::move(*sockets);
      prepared.name = prepared.sockets.front().name;
    }
    prepared_.emplace(key, std::move(prepared));
  }
  return {};
}

bool Listeners::serves_port(std::uint16_t port) const {
  return port != 0 && std::any_of(serving_.begin(), serving_.end(),
                                  [port](const auto& entry) { return entry.first.port == port; });
}

void Listeners::apply() {
  drop_finished();
  for (auto it = serving_.begin(); it != serving_.end();) {
    if (prepared_.contains(it->first)) {
      ++it;
      continue;
    }
    log::info("no longer listening on " + it->second.name);
    close(it->second);
    it = serving_.erase(it);
  }
  for (auto& [key, prepared] : prepared_) {
    const auto known = serving_.find(key);
    if (known == serving_.end()) {
      open(key, std::move(prepared));
      continue;
    }
    workers_.on_each([&](std::size_t index, exchange::WorkerContext&) {
      known->second.listeners[index]->set_tls(prepared.tls);
    });
  }
  prepared_.clear();
  addresses_.clear();
  for (const auto& [key, serving] : serving_) addresses_.push_back(serving.name);
}

void Listeners::open(const Key& key, Prepared prepared) {
  Serving& serving = serving_[key];
  serving.name = prepared.name;
  serving.listeners.resize(workers_.size());
  const std::uint16_t port = key.port;
  const observe::Gauge gauge = metrics_.connections(serving.name);
  workers_.on_each([&](std::size_t index, exchange::WorkerContext& context) {
    net::ListenerOptions options;
    options.tls = prepared.tls;
    auto on_stream = [&context, port, gauge](std::unique_ptr<net::ByteStream> stream) {
      net::spawn(context.worker.io(), serve(context, std::move(stream), port, gauge));
    };
    serving.listeners[index] = std::make_unique<net::Listener>(
        context.worker.sweep(), std::move(prepared.sockets[index]), options, on_stream);
    serving.listeners[index]->start();
  });
  log::info("listening on " + serving.name);
}

void Listeners::close(Serving& serving) {
  workers_.on_each(
      [&](std::size_t index, exchange::WorkerContext&) { serving.listeners[index]->stop(); });
  retired_.push_back(std::move(serving));
}

void Listeners::stop() {
  for (auto& [key, serving] : serving_) close(serving);
  serving_.clear();
}

// Those that were stopped before and whose connections have all gone since.
void Listeners::drop_finished() {
  std::vector<std::atomic<std::size_t>> open(retired_.size());
  if (retired_.empty()) return;
  workers_.on_each([&](std::size_t index, exchange::WorkerContext&) {
    for (std::size_t i = 0; i < retired_.size(); ++i)
      open[i] += retired_[i].listeners[index]->connections();
  });
  std::vector<Serving> all = std::exchange(retired_, {});
  std::vector<Serving> kept;
  for (std::size_t i = 0; i < all.size(); ++i)
    (open[i] == 0 ? retired_ : kept).push_back(std::move(all[i]));
  drop_retired();
  retired_ = std::move(kept);
}

void Listeners::drop_retired() {
  workers_.on_each([&](std::size_t index, exchange::WorkerContext&) {
    for (Serving& serving : retired_) serving.listeners[index].reset();
  });
  retired_.clear();
}

}  // namespace headgate::cli
