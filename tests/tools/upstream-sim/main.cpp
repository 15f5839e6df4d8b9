// upstream-sim: a provider of language models that has no model, for tests, the demo and
// benchmarks. See README.md.

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "tests/tools/upstream-sim/reply.hpp"
#include "tests/tools/upstream-sim/session.hpp"
#include "tests/tools/upstream-sim/simulator.hpp"

namespace sim {
namespace {

namespace asio = boost::asio;

struct ListenAddress {
  std::string text;  // ADDR:PORT or unix:/path
  bool tls = false;
};

struct Options {
  Identity identity;
  Behaviour behaviour;
  std::vector<ListenAddress> listen;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  std::size_t threads = 1;
  std::size_t records = 256;
};

void print_help() {
  std::puts(
      "upstream-sim: a simulated provider of language models\n\n"
      "  --listen ADDR:PORT      serve HTTP there; port 0 picks one; unix:/path; repeatable\n"
      "  --listen-tls ADDR:PORT  serve HTTPS there; repeatable\n"
      "  --tls-cert F --tls-key F  the certificate chain and key of all TLS listeners\n"
      "  --tls-client-ca F       TLS clients must show a certificate of this CA\n"
      "  --name NAME             who it says it is in its answers (sim)\n"
      "  --require-key KEY       other keys are refused as the real service does\n"
      "  --threads N             (1)\n"
      "  --record N              requests remembered for GET /sim/stats (256); 0 for benchmarks\n"
      "  --help\n\n"
      "Knobs. Here --head-delay-ms 20; at runtime POST /sim/config {\"headDelayMs\": 20}; for one\n"
      "request the header x-sim-head-delay-ms: 20:\n");
  for (const Knob& knob : knobs()) {
    const std::string option = "--" + kebab(knob.name) + " " + std::string(knob.value);
    std::printf("  %-40s %.*s\n", option.c_str(), static_cast<int>(knob.help.size()),
                knob.help.data());
  }
  std::puts(
      "\nRules: POST /sim/config {\"rules\": [{\"times\": 2, \"status\": 503}]} sets knobs for the "
      "next\n"
      "two requests. A rule also takes skip (let so many through first), forMs, match (part of "
      "the\n"
      "target), matchBody (part of the body). The first rule that applies is used.\n"
      "POST /sim/config {\"reset\": true} goes back to the start; POST /sim/forget empties the "
      "memory;\n"
      "GET /sim/stats shows it.");
}

std::size_t to_size(const std::string& option, const std::string& text) {
  std::int64_t count = 0;
  if (!parse_count(text, count) || count < 0) {
    throw std::invalid_argument(option + " takes a number, not '" + text + "'");
  }
  return static_cast<std::size_t>(count);
}

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--help") {
      print_help();
      std::exit(0);
    }
    if (++i >= argc) throw std::invalid_argument(option + " takes a value; see --help");
    const std::string value = argv[i];
    if (option == "--listen") {
      options.listen.push_back({value, false});
    } else if (option == "--listen-tls") {
      options.listen.push_back({value, true});
    } else if (option == "--tls-cert") {
      options.tls_cert = value;
    } else if (option == "--tls-key") {
      options.tls_key = value;
    } else if (option == "--tls-client-ca") {
      options.tls_client_ca = value;
    } else if (option == "--name") {
      options.identity.name = value;
    } else if (option == "--require-key") {
      options.identity.key = value;
    } else if (option == "--threads") {
      options.threads = std::max<std::size_t>(1, to_size(option, value));
    } else if (option == "--record") {
      options.records = to_size(option, value);
    } else {
      const Knob* const knob = option.starts_with("--") ? find_knob(option.substr(2)) : nullptr;
      if (knob == nullptr) throw std::invalid_argument("unknown option " + option);
      if (!knob->set(options.behaviour, value)) {
        throw std::invalid_argument("bad value for " + option + ": " + value);
      }
    }
  }
  if (options.listen.empty()) throw std::invalid_argument("--listen is missing; see --help");
  return options;
}

std::shared_ptr<asio::ssl::context> make_tls(const Options& options) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  context->use_certificate_chain_file(options.tls_cert);
  context->use_private_key_file(options.tls_key, asio::ssl::context::pem);
  if (!options.tls_client_ca.empty()) {
    context->load_verify_file(options.tls_client_ca);
    context->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  }
  return context;
}

// One listener of one thread: accepts for ever.
template <typename Protocol>
class Listener final {
 public:
  using Acceptor = asio::basic_socket_acceptor<Protocol, asio::io_context::executor_type>;

  Listener(asio::io_context& context, const typename Protocol::endpoint& endpoint,
           Surroundings surroundings)
      : acceptor_(context), surroundings_(std::move(surroundings)) {
    acceptor_.open(endpoint.protocol());
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
      acceptor_.set_option(asio::socket_base::reuse_address(true));
      acceptor_.set_option(asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>(true));
    }
    acceptor_.bind(endpoint);
    constexpr int kBacklog = 1024;
    acceptor_.listen(kBacklog);
    accept();
  }

  typename Protocol::endpoint endpoint() const { return acceptor_.local_endpoint(); }

 private:
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, auto socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) {
        if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
          boost::system::error_code ignored;
          socket.set_option(asio::ip::tcp::no_delay(true), ignored);
        }
        serve(Socket(std::move(socket)), surroundings_);
      }
      accept();
    });
  }

  Acceptor acceptor_;
  const Surroundings surroundings_;
};

asio::ip::tcp::endpoint parse_endpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) throw std::invalid_argument("not ADDR:PORT: " + text);
  std::string address = text.substr(0, colon);
  if (address.size() > 1 && address.front() == '[') address = address.substr(1, address.size() - 2);
  const std::size_t port = to_size("--listen", text.substr(colon + 1));
  return {asio::ip::make_address(address), static_cast<unsigned short>(port)};
}

// One thread's io_context with its own listeners and remembered replies.
class Worker final {
 public:
  explicit Worker(Simulator& simulator) : simulator_(simulator), replies_(simulator) {}

  // Returns the address with its real port.
  std::string listen(const ListenAddress& address, std::shared_ptr<asio::ssl::context> tls) {
    Surroundings surroundings{simulator_, replies_, address.text, std::move(tls)};
    constexpr std::string_view kUnix = "unix:";
    if (address.text.starts_with(kUnix)) {
      const std::string path = address.text.substr(kUnix.size());
      ::unlink(path.c_str());
      local_.push_back(std::make_unique<Listener<asio::local::stream_protocol>>(
          context_, asio::local::stream_protocol::endpoint(path), std::move(surroundings)));
      return address.text;
    }
    tcp_.push_back(std::make_unique<Listener<asio::ip::tcp>>(context_, parse_endpoint(address.text),
                                                             std::move(surroundings)));
    const asio::ip::tcp::endpoint real = tcp_.back()->endpoint();
    const std::string host = real.address().to_string();
    return (real.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(real.port());
  }

  asio::io_context& context() { return context_; }

 private:
  Simulator& simulator_;
  Replies replies_;  // outlives the connections, which the context holds
  asio::io_context context_{1};
  std::vector<std::unique_ptr<Listener<asio::ip::tcp>>> tcp_;
  std::vector<std::unique_ptr<Listener<asio::local::stream_protocol>>> local_;
};

int run(Options options) {
  Simulator simulator(options.identity, options.behaviour, options.records);
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t i = 0; i < options.threads; ++i) {
    workers.push_back(std::make_unique<Worker>(simulator));
  }
  for (ListenAddress& address : options.listen) {
    const std::shared_ptr<asio::ssl::context> tls = address.tls ? make_tls(options) : nullptr;
    for (const std::unique_ptr<Worker>& worker : workers) {
      const bool first = worker == workers.front();
      if (!first && address.text.starts_with("unix:")) continue;
      address.text = worker->listen(address, tls);  // the others take the first one's port
      if (first) {
        std::printf("listening on %s%s\n", address.tls ? "https://" : "", address.text.c_str());
      }
    }
  }
  std::fflush(stdout);

  asio::signal_set signals(workers.front()->context(), SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code, int) {
    for (const std::unique_ptr<Worker>& worker : workers) worker->context().stop();
  });
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < workers.size(); ++i) {
    threads.emplace_back([&worker = *workers[i]] { worker.context().run(); });
  }
  workers.front()->context().run();
  return 0;
}

}  // namespace
}  // namespace sim

int main(int argc, char** argv) {
  try {
    return sim::run(sim::parse_options(argc, argv));
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "upstream-sim: %s\n", fault.what());
    return 2;
  }
}
