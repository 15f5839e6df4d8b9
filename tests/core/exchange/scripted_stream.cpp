#include "tests/core/exchange/scripted_stream.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cstring>

namespace headgate::exchange {

class ScriptedStream final : public net::ByteStream {
 public:
  explicit ScriptedStream(ScriptedPeer& peer) : peer_(peer) {}
  ~ScriptedStream() override {
    peer_.closed_ = true;
    peer_.on_gone_ = nullptr;
  }

  net::Task<net::ReadResult> read_some(std::span<char> into) override {
    const bool failed = peer_.fails();
    if (failed) co_return net::ReadResult(boost::asio::error::connection_reset, 0);
    while (peer_.input_.empty() && !peer_.ended_ && !peer_.closed_ && !peer_.broken_) {
      peer_.cancelled_ = false;
      co_await peer_.signal_.wait();
      if (peer_.cancelled_) co_return net::ReadResult(boost::asio::error::operation_aborted, 0);
    }
    if (peer_.closed_) co_return net::ReadResult(boost::asio::error::operation_aborted, 0);
    if (peer_.broken_) co_return net::ReadResult(boost::asio::error::connection_reset, 0);
    if (peer_.input_.empty()) co_return net::ReadResult(boost::asio::error::eof, 0);
    std::string& piece = peer_.input_.front();
    const std::size_t bytes = std::min(piece.size(), into.size());
    std::memcpy(into.data(), piece.data(), bytes);
    piece.erase(0, bytes);
    if (piece.empty()) peer_.input_.pop_front();
    co_return net::ReadResult(net::ErrorCode(), bytes);
  }

  net::Task<net::ErrorCode> write(std::span<const std::string_view> pieces) override {
    const bool failed = peer_.fails();
    if (failed) co_return net::ErrorCode(boost::asio::error::broken_pipe);
    while (peer_.stopped_ && !peer_.closed_) co_await peer_.write_signal_->wait();
    if (peer_.closed_) co_return net::ErrorCode(boost::asio::error::operation_aborted);
    for (const std::string_view piece : pieces) peer_.received_ += piece;
    co_return net::ErrorCode();
  }

  void cancel_read() override {
    peer_.cancelled_ = true;
    peer_.signal_.notify();
  }
  void close() override {
    peer_.closed_ = true;
    peer_.on_gone_ = nullptr;
    peer_.signal_.notify();
    if (peer_.write_signal_) peer_.write_signal_->notify();
  }
  void reset() override {
    peer_.reset_ = true;
    close();
  }
  net::Task<void> shutdown_send() override {
    peer_.finished_ = true;
    co_return;
  }
  void watch_peer(std::function<void()> on_gone) override { peer_.on_gone_ = std::move(on_gone); }
  void unwatch_peer() override { peer_.on_gone_ = nullptr; }
  const std::string& remote_address() const override { return address_; }
  const std::string& remote_ip() const override { return ip_; }

 private:
  ScriptedPeer& peer_;
  const std::string address_ = "192.0.2.1:4711";
  const std::string ip_ = "192.0.2.1";
};

std::unique_ptr<net::ByteStream> ScriptedPeer::stream() {
  return std::make_unique<ScriptedStream>(*this);
}

void ScriptedPeer::send(std::string bytes) {
  input_.push_back(std::move(bytes));
  signal_.notify();
}

void ScriptedPeer::end() {
  ended_ = true;
  signal_.notify();
}

void ScriptedPeer::leave() {
  broken_ = true;
  signal_.notify();
  boost::asio::post(io_, [this] {
    const std::function<void()> tell = std::exchange(on_gone_, nullptr);
    if (tell) tell();
  });
}

void ScriptedPeer::stop_reading(bool stopped) {
  if (!write_signal_) write_signal_ = std::make_unique<net::Signal>(io_);
  stopped_ = stopped;
  write_signal_->notify();
}

bool ScriptedPeer::fails() {
  ++calls_;
  if (fail_at_ != 0 && calls_ >= fail_at_) broken_ = true;
  return broken_;
}

}  // namespace headgate::exchange
