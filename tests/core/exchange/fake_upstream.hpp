#pragma once
// An upstream on a port of its own, driven by the test's loop: it says what the test wrote down and
// remembers what it was asked.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/net/listener.hpp"
#include "core/net/signal.hpp"

namespace headgate::exchange {

// What is said to one request: pieces with a pause between them until the test goes on.
struct Reply {
  explicit Reply(std::string bytes) : pieces{std::move(bytes)} {}
  Reply(std::vector<std::string> pieces, bool close) : pieces(std::move(pieces)), close(close) {}

  std::vector<std::string> pieces;
  bool close = false;  // the connection, when all is said
  bool reset = false;  // likewise, in a way that is no end in order
};

// A whole answer with a length, and one in chunks.
std::string answer(int status, const std::string& type, const std::string& body,
                   const std::string& more_headers = {});
std::string chunk(const std::string& bytes);
std::string stream_head(const std::string& more_headers = {});
// "data: ...\n\n" for each.
std::string sse(const std::vector<std::string>& events);
// A chunked stream of them from its head to its end.
std::string stream_of(const std::string& text);

class FakeUpstream {
 public:
  explicit FakeUpstream(net::DeadlineSweep& sweep);
  FakeUpstream(const FakeUpstream&) = delete;
  FakeUpstream& operator=(const FakeUpstream&) = delete;

  std::uint16_t port() const { return port_; }

  // Answers in this order; the last one stays.
  void says(Reply reply) { replies_.push_back(std::move(reply)); }
  void says(std::string bytes) { says(Reply(std::move(bytes))); }
  // The first `bytes` of it, then the connection ends.
  void says_and_closes(std::string bytes) { says(Reply({std::move(bytes)}, true)); }
  // Forgets what it was to say.
  void forget() { replies_.clear(); }
  // Says the next piece.
  void go_on() { next_piece_.notify(); }

  // Head and body of each request, as they came.
  const std::vector<std::string>& requests() const { return requests_; }
  std::size_t connections() const { return connections_; }
  // Connections that the gateway has ended.
  std::size_t ended() const { return ended_; }

 private:
  void accept(std::unique_ptr<net::ByteStream> stream);
  net::Task<void> serve(std::unique_ptr<net::ByteStream> stream);
  net::Task<bool> take_request(net::ByteStream& stream, std::string& buffer);

  net::DeadlineSweep& sweep_;
  net::Signal next_piece_;
  std::uint16_t port_ = 0;
  std::unique_ptr<net::Listener> listener_;
  std::deque<Reply> replies_;
  std::vector<std::string> requests_;
  std::size_t connections_ = 0;
  std::size_t ended_ = 0;
};

}  // namespace headgate::exchange
