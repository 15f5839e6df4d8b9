#pragma once
// A worker that serves nobody: for commands that ask a configuration's plugins what a running
// gateway's would say. [main]

#include <functional>

#include "core/cli/engine.hpp"
#include "core/cli/worker_instances.hpp"

namespace headgate::cli {

class LoneWorker {
 public:
  // Both must outlive it. `snapshot` is one of the engine's.
  LoneWorker(Engine& engine, const exchange::Snapshot& snapshot);
  ~LoneWorker();
  LoneWorker(const LoneWorker&) = delete;
  LoneWorker& operator=(const LoneWorker&) = delete;

  // Errors: see start_instances(). To be called once, before run().
  Result<void> start();
  void run(const std::function<void(exchange::WorkerContext&)>& work) { workers_.on_one(0, work); }

 private:
  const exchange::Snapshot& snapshot_;
  observe::AccessLog access_log_;
  select::AttemptBudgets budgets_;
  exchange::BodyBudget bodies_;
  plugin::RunningSlots running_{1};
  WorkerSet workers_;
  bool started_ = false;
};

}  // namespace headgate::cli
