#pragma once
// One thread with everything it needs to serve requests alone: its loop, its deadlines, its
// resolver and connector, its random numbers. A request never leaves its worker, so nothing in here
// has a lock.

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>

#include "core/base/clock.hpp"
#include "core/base/rng.hpp"
#include "core/net/connector.hpp"
#include "core/net/deadline.hpp"
#include "core/net/loop.hpp"
#include "core/net/resolver.hpp"
#include "core/net/task.hpp"

namespace headgate::net {

struct WorkerOptions {
  ResolverOptions resolver;
  ConnectorOptions connector;
};

class Worker {
 public:
  // `clock` must outlive the worker. Does not start the thread.
  Worker(std::size_t index, Clock& clock, WorkerOptions options);
  // Stops and joins.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs `work` on the worker's thread, in the order of the calls of one thread. [any]
  void post(std::function<void()> work);

  // Starts a thread that calls run(). [main]
  void start();
  // Serves until stop(). Called by start()'s thread, or by a thread that wants to be the worker.
  void run();
  // Ends run() after the handler that runs now; what is queued behind it is dropped. [any]
  void stop();
  // Waits for the thread of start(). [main]
  void join();
  // Destroys what is left of all tasks, on the caller's thread. Whoever owns things that tasks of
  // this worker refer to calls it before those go; the destructor does, too.
  // REQUIRES: stopped and joined. [main]
  void destroy_tasks();

  std::size_t index() const { return index_; }
  IoContext& io() { return io_; }                // [worker]
  Clock& clock() const { return clock_; }        // [any]
  Rng& rng() { return *rng_; }                   // [worker]
  DeadlineSweep& sweep() { return sweep_; }      // [worker]
  Resolver& resolver() { return resolver_; }     // [worker]
  Connector& connector() { return connector_; }  // [worker]

 private:
  std::size_t index_;
  Clock& clock_;
  Loop io_;
  std::unique_ptr<Rng> rng_;
  DeadlineSweep sweep_;
  Resolver resolver_;
  Connector connector_;
  std::thread thread_;
};

}  // namespace headgate::net
