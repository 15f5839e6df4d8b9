#pragma once
// A name server of the test's own, on the loop of the test: answers with what the test wrote down.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/net/fd_watch.hpp"
#include "core/net/task.hpp"

namespace headgate::net {

class DnsServer {
 public:
  explicit DnsServer(IoContext& io);

  // Adds an A or AAAA record.
  void add(const std::string& name, const std::string& ip, std::uint32_t ttl_seconds = 60);
  void remove(const std::string& name) { records_.erase(name); }

  std::string address() const;  // "127.0.0.1:port"
  int questions = 0;            // A and AAAA count one each
  bool silent = false;          // takes questions and does not answer

 private:
  struct Record {
    std::string ip;
    std::uint32_t ttl;
  };
  void serve();
  std::string answer(const std::string& question);

  std::map<std::string, std::vector<Record>> records_;
  std::uint16_t port_ = 0;
  std::unique_ptr<FdWatch> socket_;
};

}  // namespace headgate::net
