#include "core/net/plain_stream.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "core/net/frame.hpp"
#include "core/net/readiness.hpp"

namespace headgate::net {
namespace {

using Side = Readiness::Side;

ErrorCode last_error() {
  return {errno, boost::system::system_category()};
}

bool is_for_later(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
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
        socket_(std::move(socket)),
        remote_address_(remote.text()),
        remote_ip_(remote.ip()),
        readiness_(io, socket_.get()) {
    if (!readiness_.joined()) socket_.reset();
  }

  Task<ReadResult> read_some(std::span<char> into) override;
  Task<ReadResult> read_into(ReadBuffer& buffer, std::size_t room) override;
  Task<ErrorCode> write(std::span<const std::string_view> pieces) override;
  std::size_t write_at_once(std::span<const std::string_view> pieces) override;
  void cancel_read() override { readiness_.cancel(Side::read); }
  void close() override;
  void reset() override;
  Task<void> shutdown_send() override;
  void watch_peer(std::function<void()> on_gone) override;
  void unwatch_peer() override { readiness_.unwatch_peer(); }
  void set_footprint(const Footprint& footprint) override { readiness_.set_footprint(footprint); }
  void add_to(Footprint& footprint) const override {
    footprint.add(this, sizeof(*this) - sizeof(Footprint));  // the last member of the last member
  }
  const std::string& remote_address() const override { return remote_address_; }
  const std::string& remote_ip() const override { return remote_ip_; }

 private:
  // Reads in a row that do not wait: a fast sender must not keep the loop to itself.
  static constexpr int kDirectReadsMax = 8;

  bool is_open() const { return socket_.valid(); }
  bool must_wait();
  std::optional<ReadResult> receive(std::span<char> into);

  std::shared_ptr<void> held_;
  FileDescriptor socket_;
  std::string remote_address_;
  std::string remote_ip_;
  int direct_reads_ = 0;
  Readiness readiness_;  // ends before the number of the socket is perhaps used again
};

// What is there, the end and errors included. Nothing: there is nothing yet.
std::optional<ReadResult> PlainStream::receive(std::span<char> into) {
  ssize_t got = 0;
  do {
    got = ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && is_for_later(errno)) {
    readiness_.not_ready(Side::read);
    return std::nullopt;
  }
  if (got < 0) return ReadResult(last_error(), 0);
  if (got == 0) return ReadResult(boost::asio::error::eof, 0);
  const auto bytes = static_cast<std::size_t>(got);
  if (bytes < into.size()) readiness_.read_short();
  return ReadResult(ErrorCode(), bytes);
}

// Whether the loop must go round before the next read.
bool PlainStream::must_wait() {
  if (!readiness_.is_ready(Side::read)) {
    direct_reads_ = 0;
    return true;
  }
  if (++direct_reads_ <= kDirectReadsMax) return false;
  direct_reads_ = 0;
  readiness_.wake_soon(Side::read);
  return true;
}

Task<ReadResult> PlainStream::read_some(std::span<char> into) {
  while (is_open()) {
    if (must_wait()) {
      auto wait = readiness_.wait(Side::read);
      const bool ready = co_await std::move(wait);
      if (!ready) break;
    }
    if (const auto got = receive(into)) co_return *got;
  }
  co_return ReadResult(boost::asio::error::operation_aborted, 0);
}

Task<ReadResult> PlainStream::read_into(ReadBuffer& buffer, std::size_t room) {
  while (is_open()) {
    if (must_wait()) {
      buffer.release();
      readiness_.set_frame(HEADGATE_FRAME);
      auto wait = readiness_.wait(Side::read);
      const bool ready = co_await std::move(wait);
      if (!ready) break;
    }
    if (const auto got = receive(buffer.space(room))) {
      buffer.commit(got->bytes);
      co_return *got;
    }
  }
  co_return ReadResult(boost::asio::error::operation_aborted, 0);
}

Task<ErrorCode> PlainStream::write(std::span<const std::string_view> pieces) {
  Remainder remainder(pieces);
  while (!remainder.empty()) {
    if (!is_open()) co_return ErrorCode(boost::asio::error::operation_aborted);
    if (remainder.send_some(socket_.get()) >= 0 || errno == EINTR) continue;
    if (!is_for_later(errno)) co_return last_error();
    readiness_.not_ready(Side::write);
    auto wait = readiness_.wait(Side::write);
    const bool ready = co_await std::move(wait);
    if (!ready) co_return ErrorCode(boost::asio::error::operation_aborted);
  }
  co_return ErrorCode();
}

std::size_t PlainStream::write_at_once(std::span<const std::string_view> pieces) {
  Remainder remainder(pieces);
  if (remainder.empty() || !is_open()) return 0;
  const ssize_t sent = remainder.send_some(socket_.get());
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

void PlainStream::close() {
  readiness_.leave();
  socket_.reset();
}

void PlainStream::reset() {
  if (!is_open()) return;
  const linger now{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close();
}

Task<void> PlainStream::shutdown_send() {
  if (is_open()) ::shutdown(socket_.get(), SHUT_WR);
  co_return;
}

void PlainStream::watch_peer(std::function<void()> on_gone) {
  if (is_open()) readiness_.watch_peer(std::move(on_gone));
}

}  // namespace

std::unique_ptr<ByteStream> make_plain_stream(IoContext& io, FileDescriptor socket,
                                              const Address& remote, std::shared_ptr<void> held) {
  return std::make_unique<PlainStream>(io, std::move(socket), remote, std::move(held));
}

}  // namespace headgate::net
