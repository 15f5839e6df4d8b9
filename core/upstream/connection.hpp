#pragma once
// A connection to an upstream, with the bytes that were read from it and not used yet. [worker]

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/base/clock.hpp"
#include "core/base/read_buffer.hpp"
#include "core/net/byte_stream.hpp"

namespace headgate::upstream {

class Connection {
 public:
  // What one read may take. Sends cost most, and there is one for each read of a stream: a burst
  // should fit. Memory is touched only as far as reads fill it.
  static constexpr std::size_t kReadBytes = 32 * 1024;

  Connection(std::unique_ptr<net::ByteStream> stream, std::size_t target_index)
      : stream_(std::move(stream)), target_index_(target_index) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  net::ByteStream& stream() { return *stream_; }
  ReadBuffer& buffer() { return buffer_; }

  // It has served a request before, so the upstream may have closed it in the meantime.
  bool reused() const { return requests_served > 0; }

  std::uint32_t requests_served = 0;  // counted by Pool::give_back

 private:
  friend class Pool;

  std::unique_ptr<net::ByteStream> stream_;
  ReadBuffer buffer_{kReadBytes};
  std::size_t target_index_;
  TimePoint idle_since_{};
};

}  // namespace headgate::upstream
