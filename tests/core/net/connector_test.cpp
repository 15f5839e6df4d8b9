#include "core/net/connector.hpp"

#include <optional>
#include <string>
#include <vector>

#include "core/net/listener.hpp"
#include "tests/core/net/blackhole.hpp"
#include "tests/core/net/certificates.hpp"
#include "tests/core/net/dns_server.hpp"
#include "tests/core/net/net_test.hpp"

namespace headgate::net {
namespace {

using std::chrono::seconds;
using Connected = Result<std::unique_ptr<ByteStream>>;

class ConnectorTest : public NetTest {
 protected:
  ConnectorTest() { resolver_options.servers = {dns.address()}; }
  ~ConnectorTest() override { loop.destroy_tasks(); }

  void make() {
    resolver.emplace(sweep, resolver_options);
    connector.emplace(sweep, *resolver, options);
  }
  std::uint16_t listen(const std::string& address, std::uint16_t port = 0,
                       ListenerOptions listener_options = {}) {
    auto sockets = open_listen_sockets(address, port, 1);
    EXPECT_TRUE(sockets.ok()) << address;
    listeners.push_back(std::make_unique<Listener>(
        sweep, std::move((*sockets)[0]), std::move(listener_options),
        [this](std::unique_ptr<ByteStream> stream) { accepted.push_back(std::move(stream)); }));
    listeners.back()->start();
    return listeners.back()->port();
  }
  ConnectOptions to(const std::string& host, std::uint16_t port) const {
    return ConnectOptions(host, port, clock.now() + seconds(10));
  }
  Connected connect(const ConnectOptions& where) {
    if (!connector) make();
    return run(connector->connect(where));
  }
  void start(const ConnectOptions& where, std::optional<Connected>& outcome) {
    if (!connector) make();
    spawn(loop, store(connector->connect(where), outcome));
    settle();
  }
  // A port that nobody listens on.
  static std::uint16_t closed_port() { return (*open_listen_sockets("127.0.0.1", 0, 1))[0].port; }

  DnsServer dns{loop};
  ResolverOptions resolver_options;
  ConnectorOptions options;
  std::optional<Resolver> resolver;
  std::optional<Connector> connector;
  std::vector<std::unique_ptr<ByteStream>> accepted;
  std::vector<std::unique_ptr<Listener>> listeners;
};

TEST_F(ConnectorTest, ConnectsToAName) {
  dns.add("a.example", "127.0.0.1");
  const std::uint16_t port = listen("127.0.0.1");
  const Connected stream = connect(to("a.example", port));
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ((*stream)->remote_address(), host_port("127.0.0.1", port));
  EXPECT_EQ((*stream)->tls(), nullptr);
}

TEST_F(ConnectorTest, ConnectsToAUnixPath) {
  const TestAuthority folder;
  const std::string path = folder.root_file() + ".socket";
  listen("unix:" + path);
  ConnectOptions where = to("a.example", 80);
  where.unix_path = path;
  EXPECT_TRUE(connect(where).ok());
  where.unix_path = path + ".none";
  const Connected none = connect(where);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().message,
            "connecting to unix:" + path + ".none: No such file or directory");
  where.unix_path = std::string(200, 'x');
  EXPECT_EQ(connect(where).error().code, "connect_failed");
}

TEST_F(ConnectorTest, SaysWhoRefused) {
  const std::uint16_t port = closed_port();
  dns.add("a.example", "127.0.0.1");
  const Connected refused = connect(to("a.example", port));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, "connect_refused");
  EXPECT_EQ(refused.error().fault, Fault::upstream);
  EXPECT_EQ(refused.error().retry, Retry::elsewhere);
  EXPECT_EQ(refused.error().status, 502);
  const std::string number = std::to_string(port);
  EXPECT_EQ(refused.error().message, "connecting to a.example:" + number + " (127.0.0.1:" + number +
                                         "): Connection refused");
}

TEST_F(ConnectorTest, PassesOnThatANameDoesNotExist) {
  EXPECT_EQ(connect(to("missing.example", 1)).error().code, "dns_failed");
}

TEST_F(ConnectorTest, GivesUpAtTheDeadline) {
  const Blackhole hole("127.0.0.1", 0);
  std::optional<Connected> outcome;
  start(to("127.0.0.1", hole.port()), outcome);
  advance(milliseconds(9'999));
  settle();
  EXPECT_FALSE(outcome.has_value());
  advance(milliseconds(1));
  settle();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error().code, "connect_timeout");
  EXPECT_EQ(outcome->error().status, 504);
  EXPECT_NE(outcome->error().message.find(host_port("127.0.0.1", hole.port())), std::string::npos);
}

// In each of its phases, and without time going by.
TEST_F(ConnectorTest, GivesUpWhenItIsAskedTo) {
  const Blackhole hole("127.0.0.1", 0);
  const auto check = [&](const char* phase, ConnectOptions where) {
    Cancel cancel;
    where.cancel = &cancel;
    std::optional<Connected> outcome;
    start(where, outcome);
    EXPECT_FALSE(outcome.has_value()) << phase;
    cancel.request();
    settle();
    ASSERT_TRUE(outcome.has_value()) << phase;
    ASSERT_FALSE(outcome->ok()) << phase;
    EXPECT_EQ(outcome->error().code, "cancelled") << phase;
  };
  dns.silent = true;
  check("name", to("a.example", 443));
  check("address", to("127.0.0.1", hole.port()));
  ConnectOptions secure = to("127.0.0.1", listen("127.0.0.1"));  // says nothing
  secure.tls = *make_tls_client_context(TlsClientOptions());
  check("TLS", secure);
  run_until([this] { return accepted.size() == 1; });
  EXPECT_NE(read_text(*accepted[0]), "") << "a client hello";
  EXPECT_EQ(read_text(*accepted[0]), "(" + ErrorCode(boost::asio::error::eof).message() + ")");
}

TEST_F(ConnectorTest, DoesNotBeginWhatWasGivenUpBefore) {
  Cancel cancel;
  cancel.request();
  dns.add("a.example", "127.0.0.1");
  ConnectOptions where = to("a.example", listen("127.0.0.1"));
  where.cancel = &cancel;
  EXPECT_EQ(connect(where).error().code, "cancelled");
  where.host = "127.0.0.1";
  EXPECT_EQ(connect(where).error().code, "cancelled");
  settle();
  EXPECT_EQ(accepted.size(), 0u);
}

TEST_F(ConnectorTest, TriesTheNextAddressAtOnceWhenOneRefuses) {
  const std::uint16_t port = listen("127.0.0.3");
  dns.add("a.example", "127.0.0.2");  // refuses
  dns.add("a.example", "127.0.0.3");
  const Connected stream = connect(to("a.example", port));  // the clock stands still
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ((*stream)->remote_ip(), "127.0.0.3");
}

TEST_F(ConnectorTest, GivesADeadAddressItsHeadStartAndThenTriesTheNextBesideIt) {
  const Blackhole hole("127.0.0.2", 0);
  listen("127.0.0.3", hole.port());
  dns.add("a.example", "127.0.0.2");
  dns.add("a.example", "127.0.0.3");
  make();
  // The resolver may order the addresses; only with the dead one first is there a wait.
  auto order = run(resolver->resolve("a.example", 1, clock.now() + seconds(1)));
  ASSERT_EQ((*order)[0].ip(), "127.0.0.2");

  std::optional<Connected> outcome;
  start(to("a.example", hole.port()), outcome);
  advance(milliseconds(249));
  settle();
  EXPECT_FALSE(outcome.has_value());
  EXPECT_TRUE(accepted.empty());
  advance(milliseconds(1));
  run_until([&outcome] { return outcome.has_value(); });
  ASSERT_TRUE(outcome->ok());
  EXPECT_EQ((**outcome)->remote_ip(), "127.0.0.3");
}

TEST_F(ConnectorTest, TriesNoMoreAddressesThanItsBound) {
  options.addresses_max = 2;
  const std::uint16_t port = listen("127.0.0.4");
  for (const char* ip : {"127.0.0.2", "127.0.0.3", "127.0.0.4"}) dns.add("a.example", ip);
  make();
  const auto order = run(resolver->resolve("a.example", 1, clock.now() + seconds(1)));
  ASSERT_EQ((*order)[2].ip(), "127.0.0.4");
  EXPECT_EQ(connect(to("a.example", port)).error().code, "connect_refused");
}

TEST_F(ConnectorTest, FollowsConnectToAndKeepsTheTlsName) {
  const TestAuthority authority;
  const auto files = authority.issue("a.example", "DNS:a.example");
  TlsServerOptions server;
  server.certificate_file = files.certificate;
  server.key_file = files.key;
  auto table = std::make_shared<TlsServerTable>();
  table->add("a.example", *make_tls_server_context(server));
  ListenerOptions secured;
  secured.tls = table;
  const std::uint16_t port = listen("127.0.0.1", 0, secured);
  options.connect_to.push_back(
      *parse_connect_to("a.example:443:127.0.0.1:" + std::to_string(port)));

  TlsClientOptions client;
  client.root_file = authority.root_file();
  ConnectOptions where = to("a.example", 443);
  where.tls = *make_tls_client_context(client);
  const Connected stream = connect(where);
  ASSERT_TRUE(stream.ok()) << stream.error().message;
  EXPECT_EQ((*stream)->tls()->server_name, "a.example");
  run_until([this] { return accepted.size() == 1; });
  EXPECT_EQ(accepted[0]->tls()->server_name, "a.example");

  where.tls_name = "b.example";
  const Connected other = connect(where);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, "tls_failed");
  EXPECT_EQ(other.error().message.find("TLS handshake with a.example:443: "), 0u);
  EXPECT_EQ(other.error().retry, Retry::elsewhere);
}

TEST_F(ConnectorTest, DeadlineCoversTheTlsHandshake) {
  const std::uint16_t port = listen("127.0.0.1");  // answers nothing
  ConnectOptions where = to("127.0.0.1", port);
  where.tls = *make_tls_client_context(TlsClientOptions());
  std::optional<Connected> outcome;
  start(where, outcome);
  run_until([this] { return accepted.size() == 1; });
  advance(milliseconds(9'999));
  settle();
  EXPECT_FALSE(outcome.has_value());
  advance(milliseconds(1));
  settle();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error().code, "connect_timeout");
}

TEST(InterleaveFamilies, LetsFamiliesTakeTurnsBeginningWithTheFirst) {
  const auto order = [](const std::vector<const char*>& ips) {
    std::vector<Address> addresses;
    for (const char* ip : ips) addresses.push_back(*Address::from_ip(ip, 1));
    std::string text;
    for (const Address& address : interleave_families(addresses)) text += address.ip() + " ";
    return text;
  };
  EXPECT_EQ(order({"::1", "::2", "::3", "1.0.0.1", "1.0.0.2"}), "::1 1.0.0.1 ::2 1.0.0.2 ::3 ");
  EXPECT_EQ(order({"1.0.0.1", "::1", "::2", "::3"}), "1.0.0.1 ::1 ::2 ::3 ");
  EXPECT_EQ(order({"1.0.0.2", "1.0.0.1"}), "1.0.0.2 1.0.0.1 ");
  EXPECT_EQ(order({}), "");
}

}  // namespace
}  // namespace headgate::net
