#include "core/admin/server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>

#include "core/net/worker.hpp"

namespace headgate::admin {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

// Sends a request over a new connection and returns all that comes until the server closes.
std::string exchange(int descriptor, const sockaddr* address, socklen_t length,
                     std::string_view path) {
  if (::connect(descriptor, address, length) != 0) {
    ::close(descriptor);
    return "not connected";
  }
  const std::string request =
      "GET " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
  std::string answer;
  if (::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    char buffer[4096];
    for (ssize_t n; (n = ::recv(descriptor, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(n));
    }
  }
  ::close(descriptor);
  return answer;
}

std::string get_tcp(std::uint16_t port, std::string_view path) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return exchange(::socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&address),
                  sizeof(address), path);
}

std::string get_unix(const std::string& path, std::string_view target) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return exchange(::socket(AF_UNIX, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&address),
                  sizeof(address), target);
}

class AdminServerTest : public ::testing::Test {
 protected:
  AdminServerTest() {
    AdminSources sources;
    sources.readiness = [] { return Readiness::ready; };
    server_ = std::make_unique<AdminServer>(worker_.sweep(), std::move(sources));
    worker_.start();
  }
  template <class Work>
  auto on_worker(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto done = task.get_future();
    worker_.post([&task] { task(); });
    return done.get();
  }
  ~AdminServerTest() override {
    on_worker([this] { server_.reset(); });
  }
  std::uint16_t listen(const config::Address& address, AdminScope scope) {
    return on_worker([&]() -> std::uint16_t {
      AdminListen wanted;
      wanted.address = address;
      wanted.scope = scope;
      const Result<void> result = server_->listen(wanted);
      error_ = result.ok() ? "" : result.error().message;
      return result.ok() ? server_->port(server_->addresses().size() - 1) : std::uint16_t{0};
    });
  }

  RealClock clock_;
  net::Worker worker_{0, clock_, net::WorkerOptions()};
  std::unique_ptr<AdminServer> server_;
  std::string error_;
};

TEST_F(AdminServerTest, ServesEachAddressItsPart) {
  const std::uint16_t all = listen(config::Address::tcp("127.0.0.1", 0), AdminScope::all);
  const std::uint16_t stats = listen(config::Address::tcp("localhost", 0), AdminScope::stats);
  ASSERT_NE(all, 0);
  ASSERT_NE(stats, 0);
  EXPECT_THAT(get_tcp(all, "/healthz/ready"), EndsWith("\r\n\r\nready\n"));
  EXPECT_THAT(get_tcp(stats, "/healthz/ready"), HasSubstr("HTTP/1.1 404 "));
  const auto addresses = on_worker([this] { return server_->addresses(); });
  EXPECT_EQ(addresses[0], "127.0.0.1:" + std::to_string(all));
}

TEST_F(AdminServerTest, ServesAUnixSocket) {
  std::string folder = ::testing::TempDir() + "admin-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  config::Address address;
  address.kind = config::Address::Kind::unix_socket;
  address.path = folder + "/socket";
  listen(address, AdminScope::all);
  EXPECT_EQ(error_, "");
  EXPECT_THAT(get_unix(address.path, "/healthz/live"), EndsWith("\r\n\r\nok\n"));
  std::filesystem::remove_all(folder);
}

TEST_F(AdminServerTest, LeavesNoSocketFileBehindButThoseOfOthers) {
  std::string folder = ::testing::TempDir() + "admin-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  config::Address mine;
  mine.kind = config::Address::Kind::unix_socket;
  mine.path = folder + "/mine";
  config::Address taken = mine;
  taken.path = folder + "/taken";
  listen(mine, AdminScope::all);
  listen(taken, AdminScope::stats);
  ASSERT_TRUE(std::filesystem::exists(mine.path));
  // As another gateway does that finds nobody there.
  std::ofstream(folder + "/other").put('x');
  std::filesystem::rename(folder + "/other", taken.path);
  on_worker([this] { server_->stop(); });
  EXPECT_FALSE(std::filesystem::exists(mine.path));
  EXPECT_TRUE(std::filesystem::exists(taken.path));
  std::filesystem::remove_all(folder);
}

TEST_F(AdminServerTest, SaysWhichAddressIsTaken) {
  const std::uint16_t port = listen(config::Address::tcp("127.0.0.1", 0), AdminScope::all);
  listen(config::Address::tcp("127.0.0.1", port), AdminScope::stats);
  EXPECT_THAT(error_, HasSubstr("127.0.0.1:" + std::to_string(port)));
}

TEST_F(AdminServerTest, AnswersNobodyAfterItWasStopped) {
  const std::uint16_t port = listen(config::Address::tcp("127.0.0.1", 0), AdminScope::all);
  ASSERT_THAT(get_tcp(port, "/healthz/live"), HasSubstr("HTTP/1.1 200 "));
  on_worker([this] { server_->stop(); });
  on_worker([] {});  // a turn of the loop, in which the socket closes
  EXPECT_EQ(get_tcp(port, "/healthz/live"), "not connected");
}

}  // namespace
}  // namespace headgate::admin
