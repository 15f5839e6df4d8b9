#include "tests/core/net/dns_server.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>

#include "core/net/address.hpp"

namespace headgate::net {
namespace {

constexpr int kTypeA = 1;
constexpr int kTypeAaaa = 28;

void put16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

}  // namespace

DnsServer::DnsServer(IoContext& io) {
  FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const Address any = *Address::from_ip("127.0.0.1", 0);
  ::bind(socket.get(), any.data(), any.size());
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  port_ = Address(reinterpret_cast<const sockaddr*>(&bound), size).port();
  socket_ = std::make_unique<FdWatch>(io, std::move(socket), [this] { serve(); });
  socket_->wait();
}

void DnsServer::add(const std::string& name, const std::string& ip, std::uint32_t ttl_seconds) {
  records_[name].push_back(Record{ip, ttl_seconds});
}

std::string DnsServer::address() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void DnsServer::serve() {
  std::array<char, 1500> packet;
  sockaddr_storage from{};
  socklen_t size = sizeof(from);
  ssize_t got = 0;
  while ((got = ::recvfrom(socket_->get(), packet.data(), packet.size(), 0,
                           reinterpret_cast<sockaddr*>(&from), &size)) > 0) {
    ++questions;
    if (silent) continue;
    const std::string reply = answer(std::string(packet.data(), static_cast<std::size_t>(got)));
    ::sendto(socket_->get(), reply.data(), reply.size(), 0,
             reinterpret_cast<const sockaddr*>(&from), size);
  }
  socket_->wait();
}

// Head of 12 bytes; then the name in labels, type and class. RFC 1035, 4.1.
std::string DnsServer::answer(const std::string& question) {
  std::string name;
  std::size_t at = 12;
  while (question[at] != 0) {
    const auto length = static_cast<std::size_t>(question[at]);
    if (!name.empty()) name += '.';
    name += question.substr(at + 1, length);
    at += length + 1;
  }
  const int type = static_cast<unsigned char>(question[at + 2]);
  const std::size_t question_end = at + 5;

  std::string records;
  unsigned count = 0;
  const auto known = records_.find(name);
  if (known != records_.end()) {
    for (const Record& record : known->second) {
      std::array<char, 16> bytes{};
      const int family = record.ip.find(':') == std::string::npos ? AF_INET : AF_INET6;
      if (family != (type == kTypeA ? AF_INET : AF_INET6)) continue;
      if (type != kTypeA && type != kTypeAaaa) continue;
      ::inet_pton(family, record.ip.c_str(), bytes.data());
      const unsigned length = family == AF_INET ? 4 : 16;
      put16(records, 0xc00c);  // the name of the question
      put16(records, static_cast<unsigned>(type));
      put16(records, 1);
      put16(records, record.ttl >> 16);
      put16(records, record.ttl & 0xffff);
      put16(records, length);
      records.append(bytes.data(), length);
      ++count;
    }
  }
  std::string reply = question.substr(0, 2);
  put16(reply, known == records_.end() ? 0x8183 : 0x8180);  // no such name, or an answer
  put16(reply, 1);
  put16(reply, count);
  put16(reply, 0);
  put16(reply, 0);
  return reply + question.substr(12, question_end - 12) + records;
}

}  // namespace headgate::net
