#pragma once
// The client's end of an exchange: what is written to it, and whether it is still there. A client
// that leaves cancels whatever is being waited for on its behalf. [worker]

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/exchange/worker_context.hpp"
#include "core/http/header_map.hpp"
#include "core/net/byte_stream.hpp"
#include "core/net/deadline.hpp"
#include "core/net/signal.hpp"
#include "core/net/task.hpp"

namespace headgate::exchange {

// What goes out of a body in one write, piece by piece.
struct BodyPiece {
  std::string_view bytes;
  // Above 0: `bytes` are whole chunks, framing and all, with so many bytes of the body in them.
  // Only for a client that takes_chunks().
  std::uint64_t in_chunks = 0;
};

class ClientLink {
 public:
  // A write that the client takes nothing of for so long means that it is stuck.
  static constexpr std::chrono::seconds kWriteTimeout{120};
  // Watching the connection costs a few system calls, so it begins only when an answer takes
  // longer.
  static constexpr milliseconds kWatchAfter{40};

  // `head_request`: the answer's body is left out. `minor_version` of the request.
  ClientLink(WorkerContext& worker, net::ByteStream& stream);
  ~ClientLink();
  ClientLink(const ClientLink&) = delete;
  ClientLink& operator=(const ClientLink&) = delete;

  // A new request begins on the connection.
  void begin_request(int minor_version, bool keep_alive, bool head_request);

  bool gone() const { return gone_; }
  bool head_sent() const { return head_sent_; }
  bool keep_alive() const { return keep_alive_ && !gone_; }
  void close_after_answer() { keep_alive_ = false; }
  std::uint64_t body_bytes_sent() const { return body_bytes_; }
  // How long writes have waited for the client to read, since the request began or this was last
  // asked.
  TimePoint::duration take_blocked() { return std::exchange(blocked_, {}); }
  // Whether the body of an answer without a length goes out in chunks.
  bool takes_chunks() const { return minor_version_ >= 1 && !head_request_; }

  // Whoever waits on the client's behalf, and is told when it leaves: between begin() and end().
  class Watch {
   public:
    // `on_gone` ends the wait, and neither begins nor ends a watch inside.
    Watch(ClientLink& client, std::function<void()> on_gone)
        : client_(client), on_gone_(std::move(on_gone)) {}
    ~Watch() { end(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // Begins to watch (later) whether the client leaves.
    void begin();
    void end();

   private:
    friend class ClientLink;
    ClientLink& client_;  // may be gone when this one is not in its list
    std::function<void()> on_gone_;
    Watch* next_ = nullptr;
    Watch** previous_ = nullptr;  // null: not in the list
  };

  // Nobody waits for anything any more.
  void unwatch();

  // What answering touches: the connection that this is part of, and the coroutine that serves it.
  void set_memory(net::Footprint::Piece connection, net::Footprint::Piece frame) {
    connection_ = connection;
    frame_ = frame;
  }
  void add_to(net::Footprint& footprint) const {
    footprint.add(connection_);
    footprint.add(frame_);
    stream_.add_to(footprint);
  }

  // All of these: false when the client is gone. The bytes, not the lists of pieces, must stay
  // valid until the task ends.

  // A whole answer: head and body in one write.
  net::Task<bool> send_whole(int status, const http::HeaderMap& headers,
                             std::span<const std::string_view> body);

  // The same without waiting, which nearly always does: false when send_rest() has yet to be
  // awaited.
  bool send_whole_at_once(int status, const http::HeaderMap& headers,
                          std::span<const std::string_view> body);
  net::Task<bool> send_rest() { return write_out(); }

  // An answer whose end is not known yet: its head and the first of its body in one write.
  // `length`: of the body, if it is known; otherwise it is chunked (or ends with the connection).
  // `last`: `first` is all of it after all.
  net::Task<bool> begin_answer(int status, const http::HeaderMap& headers,
                               std::optional<std::uint64_t> length,
                               std::span<const BodyPiece> first, bool last);
  net::Task<bool> send(std::span<const BodyPiece> pieces);
  // The last of the body and its end.
  net::Task<bool> end_answer(std::span<const BodyPiece> pieces);

  net::Task<bool> send_continue();

  // As if the client had left: what is done for it ends.
  void cut();

  // Breaks the connection: for an answer that cannot be finished in any other honest way.
  void abort();

 private:
  void leave();
  void write_head(int status, const http::HeaderMap& headers, std::optional<std::uint64_t> length);
  // Adds pieces to out_, those in a row as one chunk where the body is chunked.
  void frame(std::span<const BodyPiece> pieces);
  void add_chunk(std::span<const BodyPiece> pieces);
  void add_end();
  void begin_whole(int status, const http::HeaderMap& headers,
                   std::span<const std::string_view> body);
  // Writes what goes at once; true when that is all of out_.
  bool write_out_at_once();
  net::Task<bool> write_out();

  WorkerContext& worker_;
  net::ByteStream& stream_;
  net::Deadline write_deadline_;
  net::Deadline watch_deadline_;
  Watch* watches_ = nullptr;
  std::string head_;
  std::string chunk_heads_;            // of one write
  std::vector<std::string_view> out_;  // of the next write; kept for its memory
  int minor_version_ = 1;
  bool keep_alive_ = false;
  bool head_request_ = false;
  bool head_sent_ = false;
  bool chunked_ = false;
  bool ends_with_connection_ = false;  // the answer's body
  bool gone_ = false;
  bool watching_ = false;
  net::Footprint::Piece connection_;
  net::Footprint::Piece frame_;
  std::uint64_t body_bytes_ = 0;
  TimePoint::duration blocked_{0};
};

}  // namespace headgate::exchange
