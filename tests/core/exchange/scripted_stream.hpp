#pragma once
// A client's connection in memory: what it sends and when, what it got, and at which of the
// gateway's calls it breaks.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/net/byte_stream.hpp"
#include "core/net/signal.hpp"

namespace headgate::exchange {

// The far end. Outlives the stream; the stream may go first.
class ScriptedPeer {
 public:
  explicit ScriptedPeer(net::IoContext& io) : io_(io), signal_(io) {}
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;

  // The gateway's end of it. Once.
  std::unique_ptr<net::ByteStream> stream();

  // One read of the gateway gets one such piece.
  void send(std::string bytes);
  // Says that nothing more will come.
  void end();
  // Goes away: whoever watches is told, reads end, writes fail.
  void leave();

  // The gateway's n-th read or write, counted from 1, fails, and all behind it. 0: none does.
  void fail_at(std::uint64_t call) { fail_at_ = call; }
  std::uint64_t calls() const { return calls_; }

  const std::string& received() const { return received_; }
  // The gateway has closed it, or said that it sends nothing more.
  bool ended() const { return closed_ || finished_; }
  bool closed() const { return closed_; }
  // In a way that the far end can tell from an end in order.
  bool was_reset() const { return reset_; }
  bool watched() const { return on_gone_ != nullptr; }
  // Writes do not return until it is false again.
  void stop_reading(bool stopped);

 private:
  friend class ScriptedStream;

  bool fails();

  net::IoContext& io_;
  net::Signal signal_;  // for the reader
  std::unique_ptr<net::Signal> write_signal_;
  std::deque<std::string> input_;
  std::string received_;
  std::function<void()> on_gone_;
  std::uint64_t calls_ = 0;
  std::uint64_t fail_at_ = 0;
  bool broken_ = false;
  bool ended_ = false;
  bool closed_ = false;
  bool cancelled_ = false;
  bool reset_ = false;
  bool finished_ = false;
  bool stopped_ = false;
};

}  // namespace headgate::exchange
