#pragma once
// Notices that a peer has closed or reset its connection while nobody reads from it.
//
// Waiting for readability does not do: bytes of a next request may lie unread for the whole answer
// and hide the end behind them. EPOLLRDHUP says it in any case, but Asio's reactor does not ask for
// it. So each loop has a second epoll set that asks for nothing else, and sits in the first one.
// A socket joins it at its first watch and stays: from then on watching is a flag. [worker]

#include <cstdint>
#include <functional>

#include "core/net/task.hpp"

namespace headgate::net {

class PeerHub;

class PeerWatch {
 public:
  explicit PeerWatch(IoContext& io);
  ~PeerWatch();
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

  // REQUIRES: `descriptor` is a connected socket and always the same one.
  void watch(int descriptor, std::function<void()> on_gone);
  void unwatch() { on_gone_ = nullptr; }
  // REQUIRES: called before the descriptor is closed.
  void forget();

 private:
  friend class PeerHub;
  void gone();

  PeerHub& hub_;
  std::function<void()> on_gone_;
  std::uint64_t id_ = 0;  // 0: not in the set
  bool gone_ = false;
};

}  // namespace headgate::net
