#include "core/net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace headgate::net {
namespace {

const sockaddr_in* as_v4(const sockaddr* address) {
  return reinterpret_cast<const sockaddr_in*>(address);
}
const sockaddr_in6* as_v6(const sockaddr* address) {
  return reinterpret_cast<const sockaddr_in6*>(address);
}

}  // namespace

Address::Address(const sockaddr* address, socklen_t length) {
  length_ = length < sizeof(storage_) ? length : socklen_t{sizeof(storage_)};
  std::memcpy(&storage_, address, length_);
}

std::optional<Address> Address::from_ip(std::string_view ip, std::uint16_t port) {
  if (ip.size() > 2 && ip.front() == '[' && ip.back() == ']') ip = ip.substr(1, ip.size() - 2);
  const std::string text(ip);
  sockaddr_in v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return Address(reinterpret_cast<const sockaddr*>(&v4), sizeof(v4));
  }
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return Address(reinterpret_cast<const sockaddr*>(&v6), sizeof(v6));
  }
  return std::nullopt;
}

std::optional<Address> Address::from_unix_path(std::string_view path) {
  sockaddr_un local{};
  if (path.empty() || path.size() >= sizeof(local.sun_path)) return std::nullopt;
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, path.data(), path.size());
  const std::size_t length = offsetof(sockaddr_un, sun_path) + path.size() + 1;
  return Address(reinterpret_cast<const sockaddr*>(&local), static_cast<socklen_t>(length));
}

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(as_v4(data())->sin_port);
  if (family() == AF_INET6) return ntohs(as_v6(data())->sin6_port);
  return 0;
}

void Address::set_port(std::uint16_t port) {
  if (family() == AF_INET) reinterpret_cast<sockaddr_in*>(&storage_)->sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6*>(&storage_)->sin6_port = htons(port);
}

std::string Address::ip() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    inet_ntop(AF_INET, &as_v4(data())->sin_addr, text, sizeof(text));
    return text;
  }
  if (family() == AF_INET6) {
    const in6_addr& address = as_v6(data())->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
      inet_ntop(AF_INET, &address.s6_addr[12], text, sizeof(text));
    } else {
      inet_ntop(AF_INET6, &address, text, sizeof(text));
    }
    return text;
  }
  return "unix";
}

std::string Address::text() const {
  return is_ip() ? host_port(ip(), port()) : ip();
}

bool operator==(const Address& a, const Address& b) {
  return a.length_ == b.length_ && std::memcmp(&a.storage_, &b.storage_, a.length_) == 0;
}

std::string host_port(std::string_view host, std::uint16_t port) {
  const bool bracket = host.find(':') != std::string_view::npos && host.front() != '[';
  std::string text;
  text.reserve(host.size() + 8);
  if (bracket) text += '[';
  text += host;
  if (bracket) text += ']';
  text += ':';
  text += std::to_string(port);
  return text;
}

}  // namespace headgate::net
