#include "core/net/listener.hpp"

#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/core/net/certificates.hpp"
#include "tests/core/net/net_test.hpp"

namespace headgate::net {
namespace {

class ListenerTest : public NetTest {
 protected:
  ~ListenerTest() override { loop.destroy_tasks(); }

  std::unique_ptr<Listener> listen(ListenSocket socket, ListenerOptions options = {}) {
    auto listener = std::make_unique<Listener>(
        sweep, std::move(socket), std::move(options),
        [this](std::unique_ptr<ByteStream> stream) { accepted.push_back(std::move(stream)); });
    listener->start();
    return listener;
  }
  std::unique_ptr<Listener> listen(ListenerOptions options = {}) {
    auto sockets = open_listen_sockets("127.0.0.1", 0, 1);
    return listen(std::move((*sockets)[0]), std::move(options));
  }

  std::vector<std::unique_ptr<ByteStream>> accepted;
};

TEST_F(ListenerTest, HandsOverWhatConnects) {
  auto listener = listen();
  const PlainPeer peer = PlainPeer::connected_to(listener->port());
  run_until([this] { return !accepted.empty(); });
  peer.send("hello");
  EXPECT_EQ(read_text(*accepted[0]), "hello");
  EXPECT_EQ(accepted[0]->remote_ip(), "127.0.0.1");
  EXPECT_EQ(listener->connections(), 1u);
  accepted.clear();
  EXPECT_EQ(listener->connections(), 0u);
}

TEST_F(ListenerTest, TakesBothFamiliesWhenNoAddressIsGiven) {
  auto sockets = open_listen_sockets("", 0, 1);
  ASSERT_TRUE(sockets.ok());
  auto listener = listen(std::move((*sockets)[0]));
  const PlainPeer peer = PlainPeer::connected_to(listener->port());
  run_until([this] { return !accepted.empty(); });
  EXPECT_EQ(accepted[0]->remote_ip(), "127.0.0.1");  // not ::ffff:127.0.0.1
}

TEST_F(ListenerTest, SecondGatewayOnThePortIsRefusedWithTheReason) {
  auto first = open_listen_sockets("127.0.0.1", 0, 2);
  ASSERT_TRUE(first.ok());
  const std::uint16_t port = (*first)[0].port;
  const auto second = open_listen_sockets("127.0.0.1", port, 2);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, "listen_failed");
  EXPECT_EQ(second.error().message, "cannot listen on 127.0.0.1:" + std::to_string(port) +
                                        ": Address already in use. Another process listens there");
  EXPECT_FALSE(open_listen_sockets("", port, 1).ok());  // nor on all addresses
}

TEST_F(ListenerTest, PortIsFreeAgainAfterwards) {
  std::uint16_t port = 0;
  {
    auto listener = listen();
    port = listener->port();
    PlainPeer peer = PlainPeer::connected_to(port);
    run_until([this] { return !accepted.empty(); });
    accepted.clear();  // the server closes first: TIME_WAIT stays
    listener->stop();
  }
  EXPECT_TRUE(open_listen_sockets("127.0.0.1", port, 1).ok());
}

TEST_F(ListenerTest, EachWorkerHasItsShareOfOnePort) {
  auto sockets = open_listen_sockets("127.0.0.1", 0, 3);
  ASSERT_EQ(sockets->size(), 3u);
  std::vector<std::unique_ptr<Listener>> listeners;
  for (ListenSocket& socket : *sockets) listeners.push_back(listen(std::move(socket)));
  EXPECT_EQ(listeners[0]->port(), listeners[2]->port());
  std::vector<PlainPeer> peers;
  for (int i = 0; i < 64; ++i) peers.push_back(PlainPeer::connected_to(listeners[0]->port()));
  run_until([this] { return accepted.size() == 64; });
  for (const auto& listener : listeners) EXPECT_GT(listener->connections(), 0u);
}

TEST_F(ListenerTest, SaysWhatIsWrongWithAnAddress) {
  EXPECT_NE(open_listen_sockets("not-an-ip", 0, 1).error().message.find("not-an-ip"),
            std::string::npos);
  EXPECT_NE(open_listen_sockets("192.0.2.1", 0, 1).error().message.find("does not have"),
            std::string::npos);
}

TEST_F(ListenerTest, ListensOnAUnixPathAndTakesOverALeftOne) {
  const TestAuthority folder;  // for its folder
  const std::string path = folder.write("socket", "");
  std::filesystem::remove(path);
  const auto connect = [&path] {
    PlainPeer peer(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const Address address = *Address::from_unix_path(path);
    return ::connect(peer.get(), address.data(), address.size()) == 0;
  };
  {
    auto sockets = open_listen_sockets("unix:" + path, 0, 2);
    ASSERT_TRUE(sockets.ok());
    EXPECT_FALSE(open_listen_sockets("unix:" + path, 0, 1).ok());
    auto listener = listen(std::move((*sockets)[0]));
    EXPECT_TRUE(connect());
    run_until([this] { return accepted.size() >= 1; });
    EXPECT_EQ(accepted[0]->remote_ip(), "unix");
  }
  EXPECT_FALSE(connect());  // the file is left, nobody listens
  EXPECT_TRUE(open_listen_sockets("unix:" + path, 0, 1).ok());
  EXPECT_FALSE(open_listen_sockets("unix:" + folder.write("file", "x"), 0, 1).ok());
}

TEST_F(ListenerTest, StopsAcceptingAtItsLimitAndGoesOnWhenOneCloses) {
  ListenerOptions options;
  options.connections_max = 2;
  auto listener = listen(options);
  std::vector<PlainPeer> peers;
  for (int i = 0; i < 5; ++i) peers.push_back(PlainPeer::connected_to(listener->port()));
  run_until([this] { return accepted.size() == 2; });
  settle();
  EXPECT_EQ(accepted.size(), 2u);
  accepted.erase(accepted.begin());
  run_until([this] { return accepted.size() == 2; });
  settle();
  EXPECT_EQ(listener->connections(), 2u);
}

TEST_F(ListenerTest, StopTakesWhoIsInTheQueueAndNobodyAfterwards) {
  auto listener = listen();
  std::vector<PlainPeer> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(PlainPeer::connected_to(listener->port()));
  listener->stop();
  EXPECT_EQ(accepted.size(), 3u);
  EXPECT_FALSE(PlainPeer::connected_to(listener->port()).valid());
  peers[2].send("served");
  std::string got;
  for (auto& stream : accepted) {
    if (stream->remote_address() == accepted[2]->remote_address()) got = read_text(*stream);
  }
  EXPECT_EQ(got, "served");
  listener.reset();
  accepted.clear();  // streams may outlive the listener
}

// The queue stays readable while no descriptor is left: accepting again at once would spin.
TEST_F(ListenerTest, PausesWhenDescriptorsRunOut) {
  auto listener = listen();
  const PlainPeer peer = PlainPeer::connected_to(listener->port());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 0;  // no further descriptor; those that are open stay
  ::setrlimit(RLIMIT_NOFILE, &none);
  loop.restart();
  std::size_t turns = 0;
  while (turns < 1000 && loop.poll_one() > 0) ++turns;
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_LT(turns, 10u);
  EXPECT_TRUE(accepted.empty());
  settle();
  EXPECT_TRUE(accepted.empty());  // still pausing
  advance(milliseconds(100));
  EXPECT_EQ(accepted.size(), 1u);
}

class TlsListenerTest : public ListenerTest {
 protected:
  TlsListenerTest() {
    const auto files = authority.issue("a.example", "DNS:a.example");
    TlsServerOptions server;
    server.certificate_file = files.certificate;
    server.key_file = files.key;
    auto table = std::make_shared<TlsServerTable>();
    table->add("", *make_tls_server_context(server));
    options.tls = table;
  }
  TestAuthority authority;
  ListenerOptions options;
};

TEST_F(TlsListenerTest, CutsAClientThatDoesNotFinishTheHandshake) {
  auto listener = listen(options);
  const PlainPeer silent = PlainPeer::connected_to(listener->port());
  run_until([&listener] { return listener->connections() == 1; });
  settle();
  advance(milliseconds(9'999));
  settle();
  EXPECT_EQ(listener->connections(), 1u);
  advance(milliseconds(1));
  run_until([&listener] { return listener->connections() == 0; });
  EXPECT_TRUE(accepted.empty());
  EXPECT_EQ(silent.receive(), "(end)");
}

TEST_F(TlsListenerTest, HandsOverNothingThatIsNotTls) {
  auto listener = listen(options);
  const PlainPeer confused = PlainPeer::connected_to(listener->port());
  confused.send("GET / HTTP/1.1\r\n\r\n");
  run_until([&listener] { return listener->connections() == 1; });
  run_until([&listener] { return listener->connections() == 0; });
  EXPECT_TRUE(accepted.empty());
}

TEST_F(TlsListenerTest, MayBeDestroyedDuringAHandshake) {
  auto listener = listen(options);
  const PlainPeer silent = PlainPeer::connected_to(listener->port());
  run_until([&listener] { return listener->connections() == 1; });
  settle();
  listener.reset();
  advance(milliseconds(10'000));
  settle();
  EXPECT_EQ(silent.receive(), "(end)");
}

}  // namespace
}  // namespace headgate::net
