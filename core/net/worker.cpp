#include "core/net/worker.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <string>
#include <utility>

#include "core/base/log.hpp"

namespace headgate::net {

Worker::Worker(std::size_t index, Clock& clock, WorkerOptions options)
    : index_(index),
      clock_(clock),
      rng_(make_rng()),
      sweep_(io_, clock),
      resolver_(sweep_, std::move(options.resolver)),
      connector_(sweep_, resolver_, std::move(options.connector)) {}

Worker::~Worker() {
  stop();
  join();
  destroy_tasks();
}

void Worker::post(std::function<void()> work) {
  boost::asio::post(io_, std::move(work));
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

// An exception from a posted function is a bug in it; the worker and everybody's requests go on.
void Worker::run() {
  const auto work = boost::asio::make_work_guard(io_);
  while (!io_.stopped()) {
    try {
      io_.run();
    } catch (const std::exception& error) {
      log::error(std::string("a handler of worker ") + std::to_string(index_) +
                 " ended with an exception: " + error.what());
    }
  }
}

void Worker::stop() {
  io_.stop();
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::destroy_tasks() {
  io_.destroy_tasks();
}

}  // namespace headgate::net
