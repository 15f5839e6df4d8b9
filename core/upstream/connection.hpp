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
  // `blocks` is what its buffer takes memory from, and must outlive it.
  Connection(std::unique_ptr<net::ByteStream> stream, std::size_t target_index,
             ReadBuffer::Blocks* blocks = nullptr)
      : stream_(std::move(stream)), buffer_(blocks), target_index_(target_index) {}
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
  ReadBuffer buffer_;
  std::size_t target_index_;
  TimePoint idle_since_{};
};

}  // namespace headgate::upstream
