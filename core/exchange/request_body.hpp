#pragma once
// Reads a client's request body, bounded in bytes and time. [worker]

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/read_buffer.hpp"
#include "core/exchange/body_budget.hpp"
#include "core/exchange/client_link.hpp"
#include "core/exchange/request_context.hpp"
#include "core/net/byte_stream.hpp"
#include "core/net/deadline.hpp"
#include "core/net/task.hpp"

namespace headgate::exchange {

class RequestBody {
 public:
  // `in` begins with the request's head, and holds whatever came behind it.
  RequestBody(RequestContext& request, net::ByteStream& stream, ReadBuffer& in, ClientLink& client);
  RequestBody(const RequestBody&) = delete;
  RequestBody& operator=(const RequestBody&) = delete;

  // What read() would return, where nothing has to be waited for: the usual case, without the cost
  // of a coroutine. Nothing otherwise.
  std::optional<Result<std::string_view>> take_if_there();

  // The whole body, decoded; 64 readable bytes behind it. A view of the read buffer where it came
  // with a length, of this object otherwise. The head's views are moved along.
  // Errors: 400 framing, 408, 413, 415, 503, and client_gone, which nobody will read.
  net::Task<Result<std::string_view>> read();

  // Drops head and body from the buffer. All views die. REQUIRES: complete().
  void consume();

  // The body was read to its end (or there is none), so that the next request can be found.
  bool complete() const { return complete_; }
  // It came with a content coding, which has been taken off.
  bool was_coded() const { return was_coded_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  net::Task<Result<std::string_view>> read_length(std::uint64_t length);
  net::Task<Result<std::string_view>> read_chunked();
  net::Task<Result<void>> read_more(std::size_t room);
  void make_room(std::size_t room);
  Result<std::string_view> finished(Result<std::string_view> body);
  Result<std::string_view> decoded(std::string_view coded);
  static Error no_room();
  Error too_large() const;
  TimePoint deadline() const;
  void move_head_to_arena();

  RequestContext& request_;
  net::ByteStream& stream_;
  ReadBuffer& in_;
  ClientLink& client_;
  net::Deadline deadline_;  // ends a read, not the connection: the client gets an answer
  const config::HttpLimits& limits_;
  BodyBudget::Share share_;
  std::string copied_;
  std::size_t buffered_bytes_ = 0;  // at the front of in_, to be dropped by consume()
  std::uint64_t bytes_ = 0;
  TimePoint began_{};           // to wait for it
  std::uint64_t received_ = 0;  // since then
  bool complete_;
  bool was_coded_ = false;
};

}  // namespace headgate::exchange
