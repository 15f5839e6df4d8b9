#pragma once
// All workers of the process with what each of them owns, as the control thread handles them.
// [main]

#include <functional>
#include <memory>
#include <vector>

#include "core/exchange/worker_context.hpp"
#include "core/net/worker.hpp"
#include "core/observe/access_log.hpp"
#include "core/observe/metrics.hpp"
#include "core/plugin/running.hpp"
#include "core/select/budget.hpp"

namespace headgate::cli {

struct WorkerSetOptions {
  std::size_t count = 1;
  net::WorkerOptions worker;
  upstream::PoolOptions pool;
};

// What workers share; must outlive them.
struct SharedParts {
  Clock& clock;
  observe::MetricRegistry& metrics;
  observe::AccessLog& access_log;
  select::AttemptBudgets& budgets;
  exchange::BodyBudget& bodies;
  exchange::Wakers& wakers;
  plugin::RunningSlots& running;
  observe::Tracer* tracer = nullptr;  // null: nothing is traced
};

class WorkerSet {
 public:
  WorkerSet(const WorkerSetOptions& options, const SharedParts& shared);
  ~WorkerSet();
  WorkerSet(const WorkerSet&) = delete;
  WorkerSet& operator=(const WorkerSet&) = delete;

  std::size_t size() const { return members_.size(); }
  net::Worker& worker(std::size_t index) { return members_[index]->worker; }
  // Touch only on that worker.
  exchange::WorkerContext& context(std::size_t index) { return members_[index]->context; }

  void start();
  // Ends the workers. Requests that still wait are destroyed while everything they refer to is
  // there. May be called again.
  void stop();
  bool running() const { return running_now_; }

  // Runs `work` on every worker, at the same time, and waits for all of them. REQUIRES: running().
  // [main]
  void on_each(const std::function<void(std::size_t index, exchange::WorkerContext&)>& work);
  // The same on one of them.
  void on_one(std::size_t index, const std::function<void(exchange::WorkerContext&)>& work);

 private:
  struct Member {
    Member(std::size_t index, const WorkerSetOptions& options, const SharedParts& shared);
    net::Worker worker;
    upstream::Pool pool;
    exchange::WorkerContext context;
  };

  plugin::RunningSlots& slots_;
  const observe::MetricRegistry& metrics_;
  bool running_now_ = false;
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace headgate::cli
