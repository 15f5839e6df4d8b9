#pragma once
// A connection as the rest of the program sees it: bytes in, bytes out, over TCP, a unix socket or
// TLS. One virtual call per operation, so that no header above net pays for a socket.
//
// A stream belongs to the worker that made it. At most one read_some and one write may be pending
// at a time (one of each is fine). Nothing here has a deadline of its own: arm a Deadline that
// calls close() or cancel_read(). [worker]

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/read_buffer.hpp"
#include "core/net/footprint.hpp"
#include "core/net/task.hpp"

namespace headgate::net {

// How a read ended. `bytes` > 0 exactly when there is no error.
struct ReadResult {
  ReadResult(ErrorCode error, std::size_t bytes) : error(error), bytes(bytes) {}

  ErrorCode error;
  std::size_t bytes;
};

// The peer ended its side in order: FIN, and for TLS close_notify before it. A TLS stream that ends
// with a bare FIN is is_truncated() instead: bytes may be missing.
bool is_end(const ErrorCode& error);
bool is_truncated(const ErrorCode& error);
// close() was called while the operation was pending, or before it.
bool is_aborted(const ErrorCode& error);

// What the TLS handshake agreed on.
struct TlsInfo {
  std::string server_name;  // SNI in lower case: asked for by the client, or sent to the upstream
  std::string version;      // "TLSv1.3"
  std::string alpn;         // "http/1.1", empty when none was agreed
  bool session_reused = false;  // an abbreviated handshake
  bool peer_verified = false;   // the peer gave a certificate and it was verified
  std::string peer_subject;     // its subject as RFC 2253 writes it, empty without one
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // Waits for bytes and returns as many as are there and fit. REQUIRES: `into` is not empty and
  // stays valid until the task ends.
  virtual Task<ReadResult> read_some(std::span<char> into) = 0;

  // The same, to the end of `buffer`, with room for `room` bytes at least. An empty buffer may have
  // no memory while this waits: views into what was in it die now. REQUIRES: `buffer` is left alone
  // until the task ends.
  virtual Task<ReadResult> read_into(ReadBuffer& buffer, std::size_t room);

  // Sends all pieces in order: one sendmsg when the kernel takes them. Waits for a slow reader;
  // nothing is buffered here. REQUIRES: pieces and bytes stay valid until the task ends.
  virtual Task<ErrorCode> write(std::span<const std::string_view> pieces) = 0;

  // Sends what goes without waiting and returns how many bytes that were: nearly always all, and
  // then no coroutine is needed. What is left, and what went wrong, is for write().
  virtual std::size_t write_at_once(std::span<const std::string_view>) { return 0; }

  // Ends a pending read_some with is_aborted(); the connection goes on, no byte is lost, and later
  // reads and writes work. For a peer that is to be told that it was too slow. Does nothing when
  // no read is pending. REQUIRES: no write is pending.
  virtual void cancel_read() = 0;

  // Drops the connection now; pending operations end with is_aborted(), later ones as well. May be
  // called more than once.
  virtual void close() = 0;

  // close(), but the peer sees a reset where the transport knows one: for bytes whose end is that
  // of the connection, and which are not all there.
  virtual void reset() { close(); }

  // Says that nothing more will be sent (close_notify for TLS, then FIN). Reading goes on: a server
  // that closes with unread bytes in its socket resets the connection, and the client may lose the
  // answer. So: shutdown_send(), read until the end or a deadline, close().
  virtual Task<void> shutdown_send() = 0;

  // Calls `on_gone` once, from the loop and never from within watch_peer, when the peer has closed
  // its side or reset the connection, whether or not bytes of it are still unread. Costs no system
  // call but the first time. A read or write that is pending ends by itself as usual. `on_gone` may
  // destroy the stream.
  virtual void watch_peer(std::function<void()> on_gone) = 0;
  virtual void unwatch_peer() = 0;

  // What whoever waits for bytes will touch when they are there, from now on.
  virtual void set_footprint(const Footprint&) {}
  // Adds what sending touches, and whoever asks for the peer's address.
  virtual void add_to(Footprint&) const {}

  // "192.0.2.1:4711", "[2001:db8::1]:4711" or "unix".
  virtual const std::string& remote_address() const = 0;
  // The same without the port: "192.0.2.1", "2001:db8::1" or "unix".
  virtual const std::string& remote_ip() const = 0;

  // Nothing when the stream is in clear.
  virtual const TlsInfo* tls() const { return nullptr; }
};

// Takes the first `bytes` off a list of pieces.
template <class Pieces>
void drop_front(Pieces& pieces, std::size_t bytes) {
  auto first = pieces.begin();
  for (; first != pieces.end() && first->size() <= bytes; ++first) bytes -= first->size();
  if (first != pieces.end()) first->remove_prefix(bytes);
  pieces.erase(pieces.begin(), first);
}

// Writes one piece.
Task<ErrorCode> write(ByteStream& stream, std::string_view bytes);

}  // namespace headgate::net
