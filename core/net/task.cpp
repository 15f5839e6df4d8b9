#include "core/net/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <string>
#include <utility>

#include "core/base/log.hpp"

namespace headgate::net {
namespace {

void log_escaped(const std::exception_ptr& escaped) {
  if (!escaped) return;
  try {
    std::rethrow_exception(escaped);
  } catch (const std::exception& error) {
    log::error(std::string("a task ended with an exception: ") + error.what());
  } catch (...) {
    log::error("a task ended with an exception that has no message");
  }
}

}  // namespace

void spawn(IoContext& io, Task<void> task) {
  boost::asio::co_spawn(io, std::move(task),
                        [](const std::exception_ptr& escaped) { log_escaped(escaped); });
}

}  // namespace headgate::net
