#pragma once
// Wake-ups from any thread for requests that wait: what hg.async/1 hands out as a 64-bit id. The id
// is never used twice; waking one whose pause has ended does nothing. [any]

#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>

namespace headgate::net {
class Worker;
}

namespace headgate::exchange {

class Wakers {
 public:
  // Pauses that may be woken at one time, over all workers.
  static constexpr std::size_t kWakersMax = 100'000;

  // `on_wake` is called once, on the worker, from its loop, unless remove() comes first. 0: too
  // many. [worker]
  std::uint64_t add(net::Worker& worker, std::function<void()> on_wake);
  void remove(std::uint64_t id);

  // False when the pause has ended. [any]
  bool wake(std::uint64_t id);

 private:
  struct Entry {
    net::Worker* worker;
    std::function<void()> on_wake;
  };

  std::mutex mutex_;
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, Entry> entries_;
};

}  // namespace headgate::exchange
