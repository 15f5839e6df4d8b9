#pragma once
// What a coroutine of ours returns, and how one is started. Everything is typed on the executor of
// an io_context: a worker is one thread with one io_context, and any_io_executor costs 12 % more
// instructions per operation.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

namespace headgate::net {

using IoContext = boost::asio::io_context;
using ErrorCode = boost::system::error_code;

// A coroutine that runs on one worker. Its frame may not move to another.
template <class T>
using Task = boost::asio::awaitable<T, IoContext::executor_type>;

// Starts `task` on `io`; it runs from the next turn of the loop on. An exception that leaves it is
// logged and ends that task alone. [worker]
void spawn(IoContext& io, Task<void> task);

}  // namespace headgate::net
