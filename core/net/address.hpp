#pragma once
// An address a socket can be bound or connected to: IPv4 or IPv6 with a port, or a unix path.

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::net {

class Address {
 public:
  Address() = default;
  Address(const sockaddr* address, socklen_t length);

  // "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; nothing for a name.
  static std::optional<Address> from_ip(std::string_view ip, std::uint16_t port);
  // Nothing when the path is too long for a socket address (107 bytes).
  static std::optional<Address> from_unix_path(std::string_view path);

  int family() const { return storage_.ss_family; }
  bool is_ip() const { return family() == AF_INET || family() == AF_INET6; }
  std::uint16_t port() const;
  void set_port(std::uint16_t port);

  // Without the port: "192.0.2.1", "2001:db8::1"; "unix" for a path. An IPv4 address that came in
  // over a dual-stack socket is written as IPv4.
  std::string ip() const;
  // "192.0.2.1:80", "[2001:db8::1]:80", "unix".
  std::string text() const;

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return length_; }

  friend bool operator==(const Address& a, const Address& b);

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = 0;
};

// "example.org:443", "[::1]:443": how messages and keys name a place.
std::string host_port(std::string_view host, std::uint16_t port);

}  // namespace headgate::net
