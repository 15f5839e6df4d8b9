#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "core/net/address.hpp"
#include "core/net/file_descriptor.hpp"

namespace headgate::net {

// Listens, but its queue is full: a connection to it is never answered.
class Blackhole {
 public:
  Blackhole(const std::string& ip, std::uint16_t port)
      : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int yes = 1;
    ::setsockopt(listening_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    const Address address = *Address::from_ip(ip, port);
    ::bind(listening_.get(), address.data(), address.size());
    ::listen(listening_.get(), 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof(bound);
    ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    const Address real(reinterpret_cast<const sockaddr*>(&bound), size);
    port_ = real.port();
    for (int i = 0; i < 4; ++i) {
      fill_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      ::connect(fill_.back().get(), real.data(), real.size());
    }
  }
  std::uint16_t port() const { return port_; }

 private:
  FileDescriptor listening_;
  std::vector<FileDescriptor> fill_;
  std::uint16_t port_ = 0;
};

}  // namespace headgate::net
