#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "core/net/address.hpp"
#include "core/net/listener.hpp"
#include "core/net/socket_option.hpp"

namespace headgate::net {
namespace {

Error listen_error(const std::string& name, int number) {
  std::string text = "cannot listen on " + name + ": " + std::strerror(number);
  if (number == EADDRINUSE) text += ". Another process listens there";
  if (number == EACCES) text += ". Ports below 1024 need the capability CAP_NET_BIND_SERVICE";
  if (number == EADDRNOTAVAIL) text += ". This machine does not have that address";
  return gateway_error("listen_failed", std::move(text));
}

// Opens and binds, but does not listen yet. 0, or errno.
int bind_socket(const Address& address, bool shared, FileDescriptor& socket) {
  socket.reset(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return errno;
  if (address.is_ip()) {
    set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (address.family() == AF_INET6) set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (shared) set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    // Accepted sockets inherit it.
    set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  }
  return ::bind(socket.get(), address.data(), address.size()) == 0 ? 0 : errno;
}

Address bound_address(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size);
  return Address(reinterpret_cast<const sockaddr*>(&storage), size);
}

// The first socket is bound without SO_REUSEPORT: that fails when anybody listens there, be it with
// the option. It gets the option afterwards, before the others are bound, so that at no time
// another process can slip in between.
Result<std::vector<ListenSocket>> open_ip(Address address, std::size_t count, int backlog,
                                          bool beside_others) {
  std::string name = address.text();
  std::vector<ListenSocket> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    FileDescriptor socket;
    int error = bind_socket(address, i > 0, socket);
    if (error == EADDRINUSE && beside_others) error = bind_socket(address, true, socket);
    if (error != 0) return listen_error(name, error);
    if (i == 0) {
      set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1);
      address = bound_address(socket.get());  // the port, when it was 0
      name = address.text();
    }
    if (::listen(socket.get(), backlog) != 0) return listen_error(name, errno);
    sockets.emplace_back(std::move(socket), name, address.port());
  }
  return sockets;
}

// Whether a server answers on the unix socket; one that is left from a dead process does not.
bool answers(const Address& address) {
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), address.data(), address.size()) == 0;
}

Result<std::vector<ListenSocket>> open_unix(const std::string& path, std::size_t count,
                                            int backlog) {
  const std::string name = "unix:" + path;
  const std::optional<Address> address = Address::from_unix_path(path);
  if (!address) return listen_error(name, ENAMETOOLONG);
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode) || answers(*address)) return listen_error(name, EADDRINUSE);
    ::unlink(path.c_str());
  }
  FileDescriptor socket;
  if (const int error = bind_socket(*address, false, socket)) return listen_error(name, error);
  if (::listen(socket.get(), backlog) != 0) return listen_error(name, errno);

  std::vector<ListenSocket> sockets;
  for (std::size_t i = 1; i < count; ++i) {
    FileDescriptor copy(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy.valid()) return listen_error(name, errno);
    sockets.emplace_back(std::move(copy), name, std::uint16_t{0});
  }
  sockets.emplace_back(std::move(socket), name, std::uint16_t{0});
  return sockets;
}

bool has_ipv6() {
  return FileDescriptor(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)).valid();
}

}  // namespace

Result<std::vector<ListenSocket>> open_listen_sockets(const std::string& address,
                                                      std::uint16_t port, std::size_t count,
                                                      int backlog, PortNeighbours neighbours) {
  if (address.starts_with("unix:")) return open_unix(address.substr(5), count, backlog);
  const std::string ip = !address.empty() ? address : has_ipv6() ? "::" : "0.0.0.0";
  const std::optional<Address> parsed = Address::from_ip(ip, port);
  if (!parsed) {
    return gateway_error("listen_failed",
                         "cannot listen on " + address + ": an IP address or unix:/path is needed");
  }
  return open_ip(*parsed, count, backlog, neighbours == PortNeighbours::ours);
}

}  // namespace headgate::net
