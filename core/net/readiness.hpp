#pragma once
// Tells when a connected socket can be read from and written to, and when its peer is gone.
//
// Each loop has one epoll set of its own for connections, which sits in Asio's set. A socket joins
// it once, for both directions and edge-triggered, and waiting is a flag from then on: no system
// call before each wait, none that finds nothing, and all that happened is fetched at once. It also
// says what Asio's reactor does not ask for (EPOLLRDHUP): that the peer has closed its side
// although bytes of it are still unread. [worker]

#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <cstdint>
#include <functional>
#include <utility>

#include "core/net/footprint.hpp"
#include "core/net/resumption.hpp"
#include "core/net/task.hpp"

namespace headgate::net {

class ReadinessSet;

class Readiness {
 public:
  enum class Side : std::uint8_t { read, write };

  // REQUIRES: `descriptor` is a connected socket, and leave() is called before it is closed.
  Readiness(IoContext& io, int descriptor);
  // False: the kernel has no memory for it, or leave() was called. Then nothing here may be used.
  bool joined() const { return joined_; }
  ~Readiness() { leave(); }
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // Whether it is worth asking the kernel. True again and again once the peer is gone.
  bool is_ready(Side side) const { return ready_[index(side)]; }

  // A read got less than it had room for: the kernel will say when there is more.
  void read_short() { ready_[index(Side::read)] = ended_; }
  // The kernel would have had to wait.
  void not_ready(Side side) { ready_[index(side)] = false; }

  // co_await gives true when the side has become ready, or wake_soon() was called before, and false
  // after cancel(). REQUIRES: nobody else waits for that side.
  auto wait(Side side) {
    return boost::asio::async_initiate<const boost::asio::deferred_t&, void(bool)>(
        [this, side](auto handler) -> void {
          waiting_[index(side)].hold(std::move(handler));
          begin_wait();
        },
        boost::asio::deferred);
  }

  // Who waits goes on from the loop, never from within these calls.
  void cancel(Side side);
  void wake_soon(Side side);

  // Calls `on_gone` once, from the loop, when the peer has closed its side or reset the connection.
  // It may destroy this.
  void watch_peer(std::function<void()> on_gone);
  void unwatch_peer();

  // What going on touches, from now on: the coroutine that waits here, and all behind it.
  void set_frame(Footprint::Piece frame) { frame_ = frame; }
  void set_footprint(const Footprint& footprint) { footprint_ = footprint; }

  // Ends all waits and watches; nothing may be waited for afterwards.
  void leave();

 private:
  friend class ReadinessSet;

  static constexpr std::size_t index(Side side) { return static_cast<std::size_t>(side); }
  void begin_wait();
  void gone();
  void fetch() const;

  ReadinessSet& set_;
  std::array<Resumption, 2> waiting_;
  std::array<bool, 2> ready_{false, true};
  bool ended_ = false;  // the peer is gone
  bool joined_ = false;
  std::uint32_t slot_ = 0;  // in the set
  std::function<void()> on_gone_;
  Footprint::Piece frame_;
  Footprint footprint_;
};

}  // namespace headgate::net
