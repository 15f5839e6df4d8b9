#pragma once
// One connection to the admin listener: reads heads, asks handle(), writes answers, one after the
// other. Everything is bounded: the head by admin_head_limits(), a request and its answer by one
// deadline; bodies are not read. [control]

#include <memory>

#include "core/admin/handler.hpp"
#include "core/base/clock.hpp"
#include "core/http/head_parser.hpp"
#include "core/net/byte_stream.hpp"
#include "core/net/deadline.hpp"
#include "core/net/task.hpp"

namespace headgate::admin {

class AdminLimits {
 public:
  // From a connection's first byte, or the end of the answer before, to the end of an answer.
  milliseconds request_timeout{10'000};

  // Connections per listener; further ones wait in the kernel's queue.
  std::size_t connections_max = 64;

  // Bytes of a request's head.
  std::size_t head_bytes_max = 16 * 1024;
};

// Serves `stream` until the client has enough or the deadline comes. `sweep` and `sources` must
// outlive the task.
net::Task<void> serve_connection(net::ByteStream& stream, net::DeadlineSweep& sweep,
                                 const AdminSources& sources, AdminScope scope, AdminLimits limits);

}  // namespace headgate::admin
