#pragma once
// Names to addresses, without blocking the worker (c-ares). Answers are kept as long as their TTL
// says, within a floor and a ceiling; questions for a name that is being asked for already share
// the one lookup. Literal addresses and localhost need no lookup; /etc/hosts is honoured. [worker]

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/net/address.hpp"
#include "core/net/cancel.hpp"
#include "core/net/deadline.hpp"
#include "core/net/task.hpp"

namespace headgate::net {

struct ResolverOptions {
  // "192.0.2.53" or "192.0.2.53:5353". Empty: what /etc/resolv.conf says.
  std::vector<std::string> servers;
  // An answer is kept for its TTL, but at least and at most this long.
  std::chrono::milliseconds ttl_min{5'000};
  std::chrono::milliseconds ttl_max{300'000};
  // How long a failure is kept, so that a burst of requests asks once.
  std::chrono::milliseconds negative_ttl{1'000};
  // One try of one server; there are `tries` rounds over the servers.
  std::chrono::milliseconds server_timeout{2'000};
  int tries = 2;
  // Names kept. Beyond it an expired, else an arbitrary one is forgotten.
  std::size_t cached_names_max = 1'024;
  // Lookups going on at once; further ones fail with dns_failed.
  std::size_t lookups_max = 256;
};

class Resolver {
 public:
  // `sweep` must outlive the resolver. c-ares' set-up has no lock: workers are made one by one.
  Resolver(DeadlineSweep& sweep, ResolverOptions options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // All addresses of `host`, the most reachable first, with `port` set; never an empty list.
  // Errors: dns_failed (no such name, no server answers), dns_timeout (the deadline came first),
  // cancelled (as `cancel` asked, which must outlive the task; the lookup goes on for others).
  Task<Result<std::vector<Address>>> resolve(std::string host, std::uint16_t port,
                                             TimePoint deadline, Cancel* cancel = nullptr);

  // Forgets all answers; lookups go on.
  void clear();

 private:
  class Engine;
  std::shared_ptr<Engine> engine_;
};

}  // namespace headgate::net
