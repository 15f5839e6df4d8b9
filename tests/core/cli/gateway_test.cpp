// The whole gateway in this process, on threads of its own: reload while requests flow, drain, and
// being cut off.

#include "core/cli/gateway.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "core/base/log.hpp"
#include "core/config/config.hpp"
#include "core/net/worker.hpp"
#include "tests/core/exchange/fake_upstream.hpp"
#include "tests/core/net/net_test.hpp"

namespace headgate::cli {
namespace {

const std::string kAnswer = R"({"choices":[{"index":0,"message":{"content":"hello"}}]})";
const std::string kBody = R"({"model":"m","messages":[]})";

std::uint16_t free_port() {
  return (*net::open_listen_sockets("127.0.0.1", 0, 1))[0].port;
}

// A client that blocks, with an end to its patience.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : peer_(net::PlainPeer::connected_to(port)) {
    const timeval patience{20, 0};
    if (valid()) ::setsockopt(peer_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  bool valid() const { return peer_.valid(); }
  void send(const std::string& bytes) const { peer_.send(bytes); }
  void close() { peer_.close(); }

  // Bytes up to the end of `text`, or what came before the connection ended.
  std::string read_until(const std::string& text) const {
    std::string got;
    std::array<char, 4096> room;
    while (got.find(text) == std::string::npos) {
      const ssize_t bytes = ::recv(peer_.get(), room.data(), room.size(), 0);
      if (bytes <= 0) break;
      got.append(room.data(), static_cast<std::size_t>(bytes));
    }
    return got;
  }
  std::string ask(const std::string& request, const std::string& end) const {
    send(request);
    return read_until(end);
  }

 private:
  net::PlainPeer peer_;
};

std::string chat_request() {
  return "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ncontent-length: " +
         std::to_string(kBody.size()) + "\r\n\r\n" + kBody;
}

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() {
    std::filesystem::create_directories(folder);
    on_upstream([this] {
      upstream = std::make_unique<exchange::FakeUpstream>(upstream_worker.sweep());
      upstream->says(exchange::answer(200, "application/json", kAnswer));
    });
    write(config());
  }
  ~GatewayTest() override {
    if (thread.joinable()) stop();
    upstream_worker.stop();
    upstream_worker.join();
    upstream_worker.destroy_tasks();
    upstream.reset();
    std::filesystem::remove_all(folder);
  }

  void on_upstream(const std::function<void()>& work) {
    if (!started) upstream_worker.start();
    started = true;
    std::promise<void> done;
    upstream_worker.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  std::string config(const std::string& more_binds = {}, const std::string& model = "m1") const {
    return "config:\n  adminAddr: 127.0.0.1:" + std::to_string(admin_port) +
           "\n  workerThreads: 2\n  connectionTerminationDeadline: " + deadline +
           (delay.empty() ? "" : "\n  connectionMinTerminationDeadline: " + delay) +
           "\nbinds:\n- port: " + std::to_string(port) + "\n  address: " + address +
           "\n  listeners:\n  - routes:\n    - backends:\n      - ai:\n"
           "          provider: {openAI: {model: " +
           model + "}}\n          hostOverride: 127.0.0.1:" + std::to_string(upstream->port()) +
           "\n" + more_binds;
  }
  void write(const std::string& text) const { std::ofstream(file()) << text; }
  std::string file() const { return (folder / "gateway.yaml").string(); }

  void start() {
    thread = std::thread([this] {
      const config::Environment environment = config::process_environment();
      const auto content = environment.read_file(file());
      const auto loaded = config::load_static_config(*content.text, file(), environment);
      GatewayOptions options;
      options.file = file();
      Gateway gateway(std::move(options), *loaded.config, clock);
      exit_code = gateway.run();
    });
    while (!Peer(admin_port).valid()) std::this_thread::yield();
  }
  void wait_for_requests(std::size_t count) {
    std::size_t seen = 0;
    while (seen < count) on_upstream([&] { seen = upstream->requests().size(); });
  }
  void stop() {
    ::kill(::getpid(), SIGTERM);
    thread.join();
  }
  std::string admin_get(const std::string& path) const {
    const std::string host = "127.0.0.1:" + std::to_string(admin_port);
    return Peer(admin_port)
        .ask("GET " + path + " HTTP/1.1\r\nhost: " + host + "\r\nconnection: close\r\n\r\n",
             "never");
  }
  bool reload() const {
    const Peer admin(admin_port);
    const std::string host = "127.0.0.1:" + std::to_string(admin_port);
    return admin
               .ask("POST /api/reload HTTP/1.1\r\nhost: " + host +
                        "\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
                    "never")
               .find("\"reloaded\":true") != std::string::npos;
  }

  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("headgate-gateway-" + std::to_string(::getpid()));
  const std::uint16_t port = free_port();
  const std::uint16_t admin_port = free_port();
  std::string deadline = "30s";
  std::string delay;
  std::string address = "127.0.0.1";
  RealClock clock;
  net::Worker upstream_worker{0, clock, net::WorkerOptions()};
  bool started = false;
  std::unique_ptr<exchange::FakeUpstream> upstream;
  std::thread thread;
  std::atomic<int> exit_code{-1};
};

TEST_F(GatewayTest, LosesNoRequestWhileItIsReloadedAgainAndAgain) {
  start();
  std::atomic<bool> done{false};
  std::atomic<int> served{0};
  std::atomic<int> lost{0};
  const auto ask_on = [&](bool keep) {
    Peer peer(port);
    while (!done) {
      if (!keep) peer = Peer(port);
      const std::string got = peer.ask(chat_request(), kAnswer);
      ++(got.starts_with("HTTP/1.1 200") && got.ends_with(kAnswer) ? served : lost);
    }
  };
  std::thread keeping(ask_on, true);
  std::thread coming(ask_on, false);
  const std::uint16_t other = free_port();
  for (int i = 0; i < 30; ++i) {
    // Models, policies and ports come and go.
    std::string more;
    if (i % 2 == 0) {
      more = "- port: " + std::to_string(other) +
             "\n  address: 127.0.0.1\n  listeners: [{routes: [{backends: [{host: "
             "\"127.0.0.1:1\"}]}]}]\n";
    }
    write(config(more, "m" + std::to_string(i % 3)));
    EXPECT_TRUE(reload()) << i;
    EXPECT_EQ(Peer(other).valid(), i % 2 == 0);
  }
  write("binds: 7\n");
  EXPECT_FALSE(reload());
  const int before = served;
  while (served < before + 10) std::this_thread::yield();
  done = true;
  keeping.join();
  coming.join();
  EXPECT_EQ(lost, 0);
  stop();
  EXPECT_EQ(exit_code, 0);
}

TEST_F(GatewayTest, LetsARequestInFlightFinishAndThenEnds) {
  on_upstream([this] {
    upstream->forget();
    upstream->says(
        exchange::Reply({"", exchange::answer(200, "application/json", kAnswer)}, false));
  });
  start();
  const Peer peer(port);
  const Peer idle(port);
  peer.send(chat_request());
  wait_for_requests(1);
  ::kill(::getpid(), SIGTERM);
  EXPECT_EQ(idle.read_until("never"), "") << "closed, sooner or later";
  EXPECT_FALSE(Peer(port).valid());
  EXPECT_FALSE(reload()) << "an ending gateway takes no new configuration";
  on_upstream([this] { upstream->go_on(); });
  const std::string got = peer.read_until("never");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200")) << got;
  EXPECT_NE(got.find("connection: close"), std::string::npos);
  thread.join();
  EXPECT_EQ(exit_code, 0);
}

TEST_F(GatewayTest, CutsOffWhoDoesNotFinishInTime) {
  deadline = "100ms";
  write(config());
  on_upstream([this] {
    upstream->forget();
    upstream->says(exchange::Reply({"", ""}, false));
  });
  start();
  const Peer peer(port);
  peer.send(chat_request());
  wait_for_requests(1);
  stop();
  EXPECT_EQ(peer.read_until("never"), "");
  EXPECT_EQ(exit_code, 0);
}

// Long enough for a load balancer to see that readiness fails.
TEST_F(GatewayTest, ServesNewConnectionsForAWhileAfterReadinessFails) {
  delay = "2s";
  write(config());
  start();
  EXPECT_TRUE(admin_get("/healthz/ready").starts_with("HTTP/1.1 200"));
  const TimePoint before = clock.now();
  ::kill(::getpid(), SIGTERM);
  while (!admin_get("/healthz/ready").starts_with("HTTP/1.1 503")) std::this_thread::yield();
  const Peer late(port);
  EXPECT_TRUE(late.ask(chat_request(), kAnswer).starts_with("HTTP/1.1 200"));
  EXPECT_FALSE(reload()) << "an ending gateway takes no new configuration";
  const std::string kept = late.ask(chat_request(), kAnswer);
  EXPECT_TRUE(kept.starts_with("HTTP/1.1 200")) << kept;
  EXPECT_EQ(kept.find("connection: close"), std::string::npos);
  thread.join();
  EXPECT_GE(clock.now() - before, std::chrono::seconds(2));
  EXPECT_FALSE(Peer(port).valid());
  EXPECT_EQ(exit_code, 0);
}

TEST_F(GatewayTest, CountsOpenConnections) {
  start();
  const std::string name = "headgate_connections{bind=\"127.0.0.1:" + std::to_string(port) + "\"} ";
  const auto shows = [&](int count) {
    const auto limit = clock.now() + std::chrono::seconds(20);
    const std::string line = name + std::to_string(count) + "\n";
    while (admin_get("/metrics").find(line) == std::string::npos)
      if (clock.now() > limit) return false;
    return true;
  };
  EXPECT_TRUE(shows(0));
  Peer one(port);
  const Peer two(port);
  EXPECT_TRUE(shows(2));
  EXPECT_TRUE(one.ask(chat_request(), kAnswer).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(shows(2));
  one.close();
  EXPECT_TRUE(shows(1));
}

// The old socket and the new one are in each other's way, whichever is the wider one.
TEST_F(GatewayTest, MovesABindToAnotherAddressOfItsPort) {
  start();
  const Peer kept(port);
  EXPECT_TRUE(kept.ask(chat_request(), kAnswer).starts_with("HTTP/1.1 200"));
  for (const std::string to : {"0.0.0.0", "127.0.0.1", "127.0.0.2", "0.0.0.0"}) {
    address = to;
    write(config());
    EXPECT_TRUE(reload()) << to;
    EXPECT_EQ(Peer(port).valid(), to != "127.0.0.2") << to;
    EXPECT_TRUE(kept.ask(chat_request(), kAnswer).starts_with("HTTP/1.1 200")) << to;
  }
  EXPECT_TRUE(Peer(port).ask(chat_request(), kAnswer).starts_with("HTTP/1.1 200"));
  // A port that somebody else has is refused, and nothing changes.
  const auto taken = net::open_listen_sockets("127.0.0.1", 0, 1);
  ASSERT_TRUE(taken.ok());
  const std::string more =
      "- port: " + std::to_string((*taken)[0].port) + "\n  address: 127.0.0.1\n  listeners: [{}]\n";
  write(config(more));
  EXPECT_FALSE(reload());
  EXPECT_TRUE(Peer(port).ask(chat_request(), kAnswer).starts_with("HTTP/1.1 200"));
}

TEST_F(GatewayTest, KeepsTheStaticPartOfItsConfigurationAndSaysSo) {
  start();
  testing::internal::CaptureStderr();
  deadline = "7s";
  write(config());
  EXPECT_TRUE(reload());
  log::flush();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("'config' has changed"), std::string::npos);
  deadline = "30s";
  testing::internal::CaptureStderr();
  write(config());
  EXPECT_TRUE(reload());
  log::flush();
  EXPECT_EQ(testing::internal::GetCapturedStderr().find("'config' has changed"), std::string::npos);
}

TEST_F(GatewayTest, EndsAtOnceAtTheSecondSignal) {
  on_upstream([this] {
    upstream->forget();
    upstream->says(exchange::Reply({"", ""}, false));
  });
  start();
  const Peer peer(port);
  peer.send(chat_request());
  wait_for_requests(1);
  // On a configuration that is not the current one any more.
  EXPECT_TRUE(reload());
  ::kill(::getpid(), SIGTERM);
  while (Peer(port).valid()) std::this_thread::yield();
  stop();
  EXPECT_EQ(exit_code, 0);
}

TEST_F(GatewayTest, SaysThatAPortIsTakenAndEnds) {
  const auto taken = net::open_listen_sockets("127.0.0.1", port, 1);
  ASSERT_TRUE(taken.ok());
  GatewayOptions options;
  options.file = file();
  config::StaticConfig fixed;
  fixed.worker_threads = 1;
  Gateway gateway(std::move(options), fixed, clock);
  EXPECT_EQ(gateway.run(), 1);
}

}  // namespace
}  // namespace headgate::cli
