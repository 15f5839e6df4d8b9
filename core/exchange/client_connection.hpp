#pragma once
// One client connection: request after request until one side has enough. [worker]

#include <cstdint>
#include <memory>

#include "core/exchange/worker_context.hpp"
#include "core/net/byte_stream.hpp"
#include "core/net/task.hpp"

namespace headgate::exchange {

// Serves the connection to its end. `port` is the listener's as configured.
// REQUIRES: `worker` outlives the task, and worker.snapshot is set.
net::Task<void> serve_connection(WorkerContext& worker, std::unique_ptr<net::ByteStream> stream,
                                 std::uint16_t port);

}  // namespace headgate::exchange
