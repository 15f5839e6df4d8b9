#include "core/net/resolver.hpp"

#include <ares.h>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/net/fd_watch.hpp"
#include "core/net/signal.hpp"
#include "core/net/tls_internal.hpp"

namespace headgate::net {
namespace {

using Addresses = std::vector<Address>;

Addresses with_port(Addresses addresses, std::uint16_t port) {
  for (Address& address : addresses) address.set_port(port);
  return addresses;
}

// Names below localhost are this machine and never leave it. RFC 6761, 6.3.
bool is_localhost(const std::string& name) {
  return name == "localhost" || name.ends_with(".localhost");
}

Error dns_error(const std::string& host, const char* why) {
  return upstream_error("dns_failed", "resolving " + host + ": " + why);
}

Addresses addresses_of(const ares_addrinfo& answer) {
  Addresses addresses;
  for (const ares_addrinfo_node* node = answer.nodes; node != nullptr; node = node->ai_next) {
    const Address address(node->ai_addr, node->ai_addrlen);
    const bool known = std::find(addresses.begin(), addresses.end(), address) != addresses.end();
    if (address.is_ip() && !known) addresses.push_back(address);
  }
  return addresses;
}

// The shortest life of all records that led to the answer.
std::chrono::seconds ttl_of(const ares_addrinfo& answer) {
  int ttl = answer.nodes->ai_ttl;
  for (const auto* node = answer.nodes; node != nullptr; node = node->ai_next) {
    ttl = std::min(ttl, node->ai_ttl);
  }
  for (const auto* name = answer.cnames; name != nullptr; name = name->next) {
    ttl = std::min(ttl, name->ttl);
  }
  return std::chrono::seconds(std::max(ttl, 0));
}

}  // namespace

class Resolver::Engine : public std::enable_shared_from_this<Engine> {
 public:
  Engine(DeadlineSweep& sweep, ResolverOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  static Task<Result<Addresses>> resolve(std::shared_ptr<Engine> engine, std::string host,
                                         std::uint16_t port, TimePoint deadline, Cancel* cancel);
  void clear() { cache_.clear(); }

 private:
  struct Entry {
    Entry(Result<Addresses> answer, TimePoint until) : answer(std::move(answer)), until(until) {}
    Result<Addresses> answer;
    TimePoint until;
  };
  // A question that is being asked, and who waits for the answer.
  struct Lookup {
    std::optional<Result<Addresses>> answer;
    std::vector<Signal*> waiting;
  };
  struct Query {
    Engine* engine;
    std::string name;
  };
  // Takes the waiter off the list when it gives up, or is destroyed.
  struct Waiter {
    Waiter(Lookup& lookup, Signal& signal) : lookup(lookup), signal(signal) {
      lookup.waiting.push_back(&signal);
    }
    ~Waiter() { std::erase(lookup.waiting, &signal); }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    Lookup& lookup;
    Signal& signal;
  };

  const Result<Addresses>* cached(const std::string& name) const;
  void keep(const std::string& name, const Result<Addresses>& answer, milliseconds ttl);
  std::shared_ptr<Lookup> look_up(const std::string& name);
  void answered(const std::string& name, int status, ares_addrinfo* info);
  void watch(int socket, bool readable, bool writable);
  void process();
  void continue_waiting();

  DeadlineSweep& sweep_;
  ResolverOptions options_;
  ares_channel channel_ = nullptr;
  bool closing_ = false;
  std::string setup_fault_;
  std::unordered_map<std::string, Entry> cache_;
  std::unordered_map<std::string, std::shared_ptr<Lookup>> lookups_;
  FdWatch sockets_;  // an epoll set of c-ares' sockets
  Deadline retry_;   // when c-ares wants to ask again
};

Resolver::Engine::Engine(DeadlineSweep& sweep, ResolverOptions options)
    : sweep_(sweep),
      options_(std::move(options)),
      sockets_(sweep.io(), FileDescriptor(::epoll_create1(EPOLL_CLOEXEC)), [this] { process(); }),
      retry_(sweep, [this] { process(); }) {
  ares_library_init(ARES_LIB_INIT_ALL);
  ares_options wanted{};
  char lookups[] = "fb";  // the hosts file, then DNS
  wanted.timeout = static_cast<int>(options_.server_timeout.count());
  wanted.tries = options_.tries;
  wanted.lookups = lookups;
  wanted.sock_state_cb_data = this;
  wanted.sock_state_cb = [](void* engine, ares_socket_t socket, int readable, int writable) {
    static_cast<Engine*>(engine)->watch(socket, readable != 0, writable != 0);
  };
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
  int status = ares_init_options(&channel_, &wanted, mask);
  if (status == ARES_SUCCESS && !options_.servers.empty()) {
    std::string servers;
    for (const std::string& server : options_.servers) servers += server + ",";
    servers.pop_back();
    status = ares_set_servers_ports_csv(channel_, servers.c_str());
  }
  if (status != ARES_SUCCESS) setup_fault_ = ares_strerror(status);
}

Resolver::Engine::~Engine() {
  closing_ = true;
  if (channel_ != nullptr) ares_destroy(channel_);
  ares_library_cleanup();
}

const Result<Addresses>* Resolver::Engine::cached(const std::string& name) const {
  const auto found = cache_.find(name);
  if (found == cache_.end() || found->second.until <= sweep_.clock().now()) return nullptr;
  return &found->second.answer;
}

void Resolver::Engine::keep(const std::string& name, const Result<Addresses>& answer,
                            milliseconds ttl) {
  const TimePoint now = sweep_.clock().now();
  if (cache_.size() >= options_.cached_names_max && !cache_.contains(name)) {
    std::erase_if(cache_, [now](const auto& entry) { return entry.second.until <= now; });
    if (cache_.size() >= options_.cached_names_max) cache_.erase(cache_.begin());
  }
  cache_.insert_or_assign(name, Entry(answer, now + ttl));
}

// Joins the lookup that goes on for `name`, or begins one. It may be answered when this returns.
std::shared_ptr<Resolver::Engine::Lookup> Resolver::Engine::look_up(const std::string& name) {
  if (const auto found = lookups_.find(name); found != lookups_.end()) return found->second;
  auto lookup = std::make_shared<Lookup>();
  if (!setup_fault_.empty()) {
    lookup->answer = dns_error(name, setup_fault_.c_str());
    return lookup;
  }
  if (lookups_.size() >= options_.lookups_max) {
    lookup->answer = dns_error(name, "too many lookups are going on");
    return lookup;
  }
  lookups_.emplace(name, lookup);
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(
      channel_, name.c_str(), nullptr, &hints,
      [](void* argument, int status, int, ares_addrinfo* info) {
        const std::unique_ptr<Query> query(static_cast<Query*>(argument));
        query->engine->answered(query->name, status, info);
      },
      new Query{this, name});
  continue_waiting();
  return lookup;
}

void Resolver::Engine::answered(const std::string& name, int status, ares_addrinfo* info) {
  if (closing_) {
    ares_freeaddrinfo(info);
    return;
  }
  Result<Addresses> answer = dns_error(name, ares_strerror(status));
  milliseconds ttl = options_.negative_ttl;
  if (status == ARES_SUCCESS && info != nullptr && info->nodes != nullptr) {
    answer = addresses_of(*info);
    ttl = std::clamp<milliseconds>(ttl_of(*info), options_.ttl_min, options_.ttl_max);
  } else if (status == ARES_SUCCESS) {
    answer = dns_error(name, "the name has no address");
  }
  if (info != nullptr) ares_freeaddrinfo(info);
  keep(name, answer, ttl);
  auto node = lookups_.extract(name);
  if (node.empty()) return;
  Lookup& lookup = *node.mapped();
  lookup.answer = std::move(answer);
  for (Signal* signal : lookup.waiting) signal->notify();
}

void Resolver::Engine::watch(int socket, bool readable, bool writable) {
  epoll_event event{};
  event.events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);
  event.data.fd = socket;
  if (event.events == 0) {
    ::epoll_ctl(sockets_.get(), EPOLL_CTL_DEL, socket, nullptr);
  } else if (::epoll_ctl(sockets_.get(), EPOLL_CTL_MOD, socket, &event) != 0) {
    ::epoll_ctl(sockets_.get(), EPOLL_CTL_ADD, socket, &event);
  }
}

void Resolver::Engine::process() {
  const std::shared_ptr<Engine> held = shared_from_this();
  std::array<epoll_event, 16> events;
  const int count = ::epoll_wait(sockets_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const bool readable = (event.events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
    const bool writable = (event.events & EPOLLOUT) != 0;
    ares_process_fd(channel_, readable ? event.data.fd : ARES_SOCKET_BAD,
                    writable ? event.data.fd : ARES_SOCKET_BAD);
  }
  if (count <= 0) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // timeouts
  continue_waiting();
}

void Resolver::Engine::continue_waiting() {
  if (lookups_.empty()) {
    sockets_.cancel();
    retry_.disarm();
    return;
  }
  sockets_.wait();
  timeval most{};
  timeval next{};
  most.tv_sec = 1;
  const timeval* wait = ares_timeout(channel_, &most, &next);
  retry_.arm_after(milliseconds(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1));
}

Task<Result<Addresses>> Resolver::Engine::resolve(std::shared_ptr<Engine> engine, std::string host,
                                                  std::uint16_t port, TimePoint deadline,
                                                  Cancel* cancel) {
  if (const auto literal = Address::from_ip(host, port)) co_return Addresses(1, *literal);
  const std::string name = normal_name(host);
  if (is_localhost(name)) {
    Addresses loopback;
    loopback.push_back(*Address::from_ip("127.0.0.1", port));
    loopback.push_back(*Address::from_ip("::1", port));
    co_return loopback;
  }
  const auto finished = [port](const Result<Addresses>& answer) -> Result<Addresses> {
    if (!answer) return answer.error();
    return with_port(*answer, port);
  };
  if (const Result<Addresses>* known = engine->cached(name)) co_return finished(*known);

  const std::shared_ptr<Lookup> lookup = engine->look_up(name);
  if (!lookup->answer) {
    Signal signal(engine->sweep_.io());
    Deadline end(engine->sweep_, [&signal] { signal.notify(); });
    end.arm(deadline);
    const Waiter waiter(*lookup, signal);
    const Cancel::Scope scope(cancel, [&signal] { signal.notify(); });
    if (!is_requested(cancel)) co_await signal.wait();
  }
  if (is_requested(cancel)) co_return upstream_error("cancelled", "resolving was given up");
  if (!lookup->answer) {
    co_return upstream_error("dns_timeout", "resolving " + host + " took too long", 504);
  }
  co_return finished(*lookup->answer);
}

Resolver::Resolver(DeadlineSweep& sweep, ResolverOptions options)
    : engine_(std::make_shared<Engine>(sweep, std::move(options))) {}

Resolver::~Resolver() = default;

Task<Result<std::vector<Address>>> Resolver::resolve(std::string host, std::uint16_t port,
                                                     TimePoint deadline, Cancel* cancel) {
  return Engine::resolve(engine_, std::move(host), port, deadline, cancel);
}

void Resolver::clear() {
  engine_->clear();
}

}  // namespace headgate::net
