#pragma once
// The connections of one worker that wait for their next request, last in first out, so that a
// lull lets the surplus die. Nothing is checked when one is taken: a connection that the upstream
// closes while it waits is dropped when the FIN arrives, and one that is closed in the very moment
// is found by its first write or read, after which the request is sent again on a fresh one
// (stale_retry.hpp). [worker]

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/net/cancel.hpp"
#include "core/net/connector.hpp"
#include "core/net/deadline.hpp"
#include "core/upstream/connection.hpp"
#include "core/upstream/target.hpp"

namespace headgate::upstream {

struct PoolOptions {
  // Idle connections kept per target and worker; a further one is closed.
  std::size_t pool_size_max = 128;
  // How long one may wait for its next request.
  std::chrono::milliseconds idle_timeout{90'000};
  // A connection is closed after this many requests, so that load finds new addresses of a name.
  std::uint32_t requests_per_connection_max = 10'000;
};

struct AcquireOptions {
  explicit AcquireOptions(TimePoint connect_deadline, bool fresh = false,
                          net::Cancel* cancel = nullptr)
      : connect_deadline(connect_deadline), fresh(fresh), cancel(cancel) {}

  TimePoint connect_deadline;  // when a new connection has to be made
  bool fresh;                  // never an idle one: after a stale one failed
  net::Cancel* cancel;         // set: gives up connecting; must outlive the task
};

class Pool {
 public:
  // Both must outlive the pool.
  Pool(net::DeadlineSweep& sweep, net::Connector& connector, PoolOptions options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // A connection for one request: the one that became idle last, else a new one. The caller owns it
  // and gives it back after a complete exchange or destroys it. Errors: those of
  // net::Connector::connect. REQUIRES: `target` outlives the task.
  net::Task<Result<std::unique_ptr<Connection>>> acquire(const Target& target,
                                                         AcquireOptions options);

  // Begins to fetch the memory of the connection that take_idle() would give, for soon.
  void fetch_idle(const Target& target) const;

  // The idle one or nothing, without a coroutine.
  std::unique_ptr<Connection> take_idle(const Target& target);

  // REQUIRES: the answer was read to its end and the upstream will take another request. One with
  // unread bytes in its buffer is closed: nobody asked for them.
  void give_back(std::unique_ptr<Connection> connection);

  // For connections from now on; surplus and overdue idle ones go at once.
  void set_options(PoolOptions options);

  // What this worker's connections read into; those of clients may as well. Must outlive them all.
  ReadBuffer::Blocks& read_memory() { return read_memory_; }

  void close_idle();  // drops all idle ones
  std::size_t idle() const { return idle_total_; }
  std::size_t idle(const Target& target) const;

 private:
  using IdleList = std::vector<std::unique_ptr<Connection>>;  // the longest idle first

  void drop(Connection* connection);
  void sweep_idle();

  net::DeadlineSweep& sweep_;
  net::Connector& connector_;
  PoolOptions options_;
  ReadBuffer::Blocks read_memory_;
  std::vector<IdleList> lists_;  // by Target::index()
  std::size_t idle_total_ = 0;
  net::Deadline idle_deadline_;
};

}  // namespace headgate::upstream
