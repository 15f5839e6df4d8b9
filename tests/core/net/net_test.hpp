#pragma once
// A loop that the test itself drives, with a clock that stands still.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/net/address.hpp"
#include "core/net/byte_stream.hpp"
#include "core/net/deadline.hpp"
#include "core/net/loop.hpp"
#include "core/net/plain_stream.hpp"
#include "core/net/task.hpp"
#include "tests/support/manual_clock.hpp"

namespace headgate::net {

// Named coroutines, so that no capturing lambda is one.
template <class T>
Task<void> store(Task<T> task, std::optional<T>& into) {
  into.emplace(co_await std::move(task));
}
inline Task<void> store(Task<void> task, bool& done) {
  co_await std::move(task);
  done = true;
}

// A socket of the test's own that blocks, for the far side of a connection.
class PlainPeer {
 public:
  explicit PlainPeer(int descriptor = -1) : descriptor_(descriptor) {}

  static PlainPeer connected_to(std::uint16_t port) {
    PlainPeer peer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const Address address = *Address::from_ip("127.0.0.1", port);
    if (::connect(peer.get(), address.data(), address.size()) != 0) peer.close();
    return peer;
  }

  int get() const { return descriptor_.get(); }
  bool valid() const { return descriptor_.valid(); }
  void close() { descriptor_.reset(); }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close();
  }
  void send(std::string_view text) const { ::send(get(), text.data(), text.size(), MSG_NOSIGNAL); }
  // What has arrived; "" for nothing, "(end)" for the end, "(reset)" for an error.
  std::string receive() const {
    std::array<char, 65536> buffer;
    const ssize_t got = ::recv(get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0) return std::string(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0) return "(end)";
    return errno == EAGAIN ? "" : "(reset)";
  }

 private:
  FileDescriptor descriptor_;
};

class NetTest : public ::testing::Test {
 protected:
  ~NetTest() override { loop.destroy_tasks(); }

  // Turns the loop until `done` holds. Real time only bounds a test that hangs.
  template <class Condition>
  void run_until(Condition done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("the test hangs");
      loop.restart();
      loop.run_one_for(std::chrono::milliseconds(100));
    }
  }

  // Everything that can happen without waiting has happened.
  void settle() {
    loop.restart();
    while (loop.poll() > 0) loop.restart();
  }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    spawn(loop, store(std::move(task), result));
    run_until([&result] { return result.has_value(); });
    return std::move(*result);
  }
  void run(Task<void> task) {
    bool done = false;
    spawn(loop, store(std::move(task), done));
    run_until([&done] { return done; });
  }

  void advance(std::chrono::nanoseconds by) {
    clock.advance(by);
    sweep.expire(clock.now());
  }

  // Two ends of one connection, both ours.
  std::pair<std::unique_ptr<ByteStream>, std::unique_ptr<ByteStream>> stream_pair() {
    std::array<int, 2> ends{};
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data());
    const Address local = *Address::from_unix_path("pair");
    return {make_plain_stream(loop, FileDescriptor(ends[0]), local),
            make_plain_stream(loop, FileDescriptor(ends[1]), local)};
  }

  // One end is ours, over TCP.
  std::pair<std::unique_ptr<ByteStream>, PlainPeer> tcp_pair() {
    const FileDescriptor listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    Address address = *Address::from_ip("127.0.0.1", 0);
    ::bind(listening.get(), address.data(), address.size());
    ::listen(listening.get(), 1);
    sockaddr_storage bound{};
    socklen_t size = sizeof(bound);
    ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    address = Address(reinterpret_cast<const sockaddr*>(&bound), size);
    PlainPeer peer = PlainPeer::connected_to(address.port());
    FileDescriptor ours(::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    return {make_plain_stream(loop, std::move(ours), address), std::move(peer)};
  }

  std::string read_text(ByteStream& stream) {
    std::array<char, 65536> buffer;
    const ReadResult in = run(stream.read_some(std::span<char>(buffer)));
    if (in.error) return "(" + in.error.message() + ")";
    return std::string(buffer.data(), in.bytes);
  }

  Loop loop;
  ManualClock clock;
  DeadlineSweep sweep{loop, clock};
};

}  // namespace headgate::net
