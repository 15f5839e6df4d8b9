#include "core/net/plain_stream.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <string>
#include <tuple>
#include <utility>

#include "core/net/peer_watch.hpp"

namespace headgate::net {
namespace {

using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                IoContext::executor_type>;
using Token = boost::asio::use_awaitable_t<IoContext::executor_type>;

ErrorCode last_error() {
  return {errno, boost::system::system_category()};
}

// What is left to send of a list of pieces.
class Remainder {
 public:
  explicit Remainder(std::span<const std::string_view> pieces) : pieces_(pieces) { skip(0); }

  bool empty() const { return pieces_.empty(); }

  // Sends what the kernel takes at once and returns how much that was. Negative: nothing went,
  // errno says why.
  ssize_t send_some(int descriptor) {
    const ssize_t sent = pieces_.size() == 1 ? send_bytes(descriptor, pieces_.front())
                         : is_small()        ? send_copy(descriptor)
                                             : send_pieces(descriptor);
    if (sent > 0) skip(static_cast<std::size_t>(sent));
    return sent;
  }

 private:
  static constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
  // Up to here, putting the pieces together costs less than the kernel's reading of a list.
  static constexpr std::size_t kSmall = 2048;

  bool is_small() const {
    std::size_t bytes = 0;
    for (const std::string_view piece : pieces_) {
      bytes += piece.size();
      if (bytes > kSmall) return false;
    }
    return true;
  }

  ssize_t send_copy(int descriptor) const {
    std::array<char, kSmall> whole;
    char* end = whole.data();
    for (const std::string_view piece : pieces_) end = std::copy(piece.begin(), piece.end(), end);
    return send_bytes(descriptor,
                      std::string_view(whole.data(), static_cast<std::size_t>(end - whole.data())));
  }

  // `bytes` begin where the first piece does.
  ssize_t send_bytes(int descriptor, std::string_view bytes) const {
    bytes.remove_prefix(sent_);
    return ::send(descriptor, bytes.data(), bytes.size(), kFlags);
  }

  ssize_t send_pieces(int descriptor) const {
    std::array<iovec, 64> vectors;
    std::size_t count = 0;
    for (const std::string_view piece : pieces_) {
      if (count == vectors.size()) break;
      const std::size_t sent = count == 0 ? sent_ : 0;
      if (piece.size() == sent) continue;
      vectors[count].iov_base = const_cast<char*>(piece.data() + sent);
      vectors[count].iov_len = piece.size() - sent;
      ++count;
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    return ::sendmsg(descriptor, &message, kFlags);
  }

  void skip(std::size_t bytes) {
    sent_ += bytes;
    while (!pieces_.empty() && sent_ >= pieces_.front().size()) {
      sent_ -= pieces_.front().size();
      pieces_ = pieces_.subspan(1);
    }
  }

  std::span<const std::string_view> pieces_;
  std::size_t sent_ = 0;  // of the first piece
};

class PlainStream final : public ByteStream {
 public:
  PlainStream(IoContext& io, FileDescriptor socket, const Address& remote,
              std::shared_ptr<void> held)
      : held_(std::move(held)),
        socket_(io.get_executor(), boost::asio::generic::stream_protocol(remote.family(), 0),
                socket.release()),
        peer_(io),
        remote_address_(remote.text()),
        remote_ip_(remote.ip()) {}

  // Before the descriptor is closed, and its number perhaps used again.
  ~PlainStream() override { peer_.forget(); }

  Task<ReadResult> read_some(std::span<char> into) override;
  Task<ErrorCode> write(std::span<const std::string_view> pieces) override;
  std::size_t write_at_once(std::span<const std::string_view> pieces) override;
  void cancel_read() override;
  void close() override;
  void reset() override;
  Task<void> shutdown_send() override;
  void watch_peer(std::function<void()> on_gone) override;
  void unwatch_peer() override { peer_.unwatch(); }
  const std::string& remote_address() const override { return remote_address_; }
  const std::string& remote_ip() const override { return remote_ip_; }

 private:
  // Reads in a row that skip the reactor: a fast sender must not keep the loop to itself.
  static constexpr int kDirectReadsMax = 8;

  std::shared_ptr<void> held_;
  Socket socket_;
  PeerWatch peer_;
  std::string remote_address_;
  std::string remote_ip_;
  int direct_reads_left_ = 0;
};

// When the last read filled its buffer there is likely more, and asking the kernel directly saves a
// turn of the loop. Otherwise it is left to Asio, which asks as well before it waits: its way to
// wait without asking, async_wait, costs a system call of its own to arm the reactor anew.
Task<ReadResult> PlainStream::read_some(std::span<char> into) {
  ErrorCode error = boost::asio::error::operation_aborted;
  if (!socket_.is_open()) co_return ReadResult(error, 0);
  if (direct_reads_left_ > 0) {
    --direct_reads_left_;
    const ssize_t got = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
    if (got > 0) {
      const auto bytes = static_cast<std::size_t>(got);
      if (bytes < into.size()) direct_reads_left_ = 0;
      co_return ReadResult(ErrorCode(), bytes);
    }
    direct_reads_left_ = 0;
  }
  // Deferred: use_awaitable would wrap the operation in a coroutine of its own.
  auto read = socket_.async_read_some(boost::asio::buffer(into.data(), into.size()),
                                      boost::asio::as_tuple(boost::asio::deferred));
  const std::tuple<ErrorCode, std::size_t> result = co_await std::move(read);
  error = std::get<0>(result);
  const std::size_t bytes = std::get<1>(result);
  if (error && !socket_.is_open()) error = boost::asio::error::operation_aborted;
  direct_reads_left_ = bytes == into.size() ? kDirectReadsMax : 0;
  co_return ReadResult(error, bytes);
}

Task<ErrorCode> PlainStream::write(std::span<const std::string_view> pieces) {
  Remainder remainder(pieces);
  ErrorCode error;
  while (!remainder.empty()) {
    if (!socket_.is_open()) co_return ErrorCode(boost::asio::error::operation_aborted);
    if (remainder.send_some(socket_.native_handle()) >= 0 || errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) co_return last_error();
    co_await socket_.async_wait(Socket::wait_write, boost::asio::redirect_error(Token(), error));
    if (error) co_return error;
  }
  co_return error;
}

std::size_t PlainStream::write_at_once(std::span<const std::string_view> pieces) {
  Remainder remainder(pieces);
  if (remainder.empty() || !socket_.is_open()) return 0;
  const ssize_t sent = remainder.send_some(socket_.native_handle());
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

void PlainStream::cancel_read() {
  ErrorCode ignored;
  if (socket_.is_open()) socket_.cancel(ignored);
}

void PlainStream::close() {
  if (!socket_.is_open()) return;
  peer_.forget();
  ErrorCode ignored;
  socket_.close(ignored);
}

void PlainStream::reset() {
  if (!socket_.is_open()) return;
  const linger now{1, 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close();
}

Task<void> PlainStream::shutdown_send() {
  if (socket_.is_open()) ::shutdown(socket_.native_handle(), SHUT_WR);
  co_return;
}

void PlainStream::watch_peer(std::function<void()> on_gone) {
  if (socket_.is_open()) peer_.watch(socket_.native_handle(), std::move(on_gone));
}

}  // namespace

std::unique_ptr<ByteStream> make_plain_stream(IoContext& io, FileDescriptor socket,
                                              const Address& remote, std::shared_ptr<void> held) {
  return std::make_unique<PlainStream>(io, std::move(socket), remote, std::move(held));
}

}  // namespace headgate::net
