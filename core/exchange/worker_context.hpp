#pragma once
// What one worker serves requests with. Everything here belongs to that worker, or is made to be
// shared. [worker]

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "core/base/block_pool.hpp"
#include "core/exchange/body_budget.hpp"
#include "core/exchange/connection_list.hpp"
#include "core/exchange/json_scan.hpp"
#include "core/exchange/policy_faults.hpp"
#include "core/exchange/snapshot.hpp"
#include "core/net/worker.hpp"
#include "core/observe/access_log.hpp"
#include "core/observe/metrics.hpp"
#include "core/observe/tracer.hpp"
#include "core/select/budget.hpp"
#include "core/upstream/pool.hpp"

namespace headgate::exchange {

class Background;
class Prober;
class Wakers;

struct WorkerContext {
  WorkerContext(net::Worker& worker, upstream::Pool& pool, observe::WorkerMetrics& metrics,
                observe::AccessLogWriter& access_log, select::AttemptBudgets& budgets,
                BodyBudget& bodies, Wakers& wakers);
  ~WorkerContext();
  WorkerContext(const WorkerContext&) = delete;
  WorkerContext& operator=(const WorkerContext&) = delete;

  net::Worker& worker;
  upstream::Pool& pool;
  observe::WorkerMetrics& metrics;
  observe::AccessLogWriter& access_log;
  select::BudgetShare retries;
  select::BudgetShare seconds;
  select::BudgetShare hedges;
  select::Waiters& waiters;
  BodyBudget& bodies;
  Wakers& wakers;
  observe::Tracer* tracer = nullptr;  // null: nothing is traced

  JsonScanner scanner;

  // For an Exchange and an Attempt each.
  static constexpr std::size_t kExchangeBytes = 7 * 1024;
  static constexpr std::size_t kAttemptBytes = 4 * 1024;
  BlockPool<kExchangeBytes> exchange_memory;
  BlockPool<kAttemptBytes> attempt_memory;

  // What new requests are served with. Swapped by a reload, on this worker, through serve().
  std::shared_ptr<const Snapshot> snapshot;
  void serve(std::shared_ptr<const Snapshot> next);

  // Asks endpoints of the snapshot that are out whether they are back.
  const std::unique_ptr<Prober> prober;
  // What its plugins do without a request.
  const std::unique_ptr<Background> background;

  // Connections that wait for their next request, to be closed when the gateway ends; and those
  // that have not sent one yet, which may be on its way.
  ConnectionList idle;
  ConnectionList fresh;
  // Every client connection, for the drain's deadline.
  ConnectionList open;
  // Connections that are open, idle ones included.
  std::size_t connections = 0;

  // Answers close their connections from now on, and idle ones are closed: the gateway is ending.
  bool draining = false;
  void drain();

  // Counts and names requests: "3-1f" is the 31st of worker 3 since the start.
  std::uint64_t requests = 0;
  // Likewise the HTTP calls that plugins make.
  std::uint64_t side_calls = 0;
  // What was said of upstreams that plugins call and the configuration does not name.
  std::vector<std::string> unknown_upstreams;
  PolicyFaults policy_faults;

  // The Date header, written anew once a second.
  std::string_view date();

 private:
  std::string date_;
  std::time_t date_second_ = 0;
};

}  // namespace headgate::exchange
