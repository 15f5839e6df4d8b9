#include "core/cli/lone_worker.hpp"

namespace headgate::cli {

LoneWorker::LoneWorker(Engine& engine, const exchange::Snapshot& snapshot)
    : snapshot_(snapshot),
      access_log_({}, 1, observe::make_stdout_sink()),  // no request ends, no line is written
      bodies_(config::HttpLimits{}.total_body_bytes_max),
      workers_(WorkerSetOptions{}, SharedParts{engine.clock, engine.metric_registry, access_log_,
                                               budgets_, bodies_, engine.wakers, running_}) {}

LoneWorker::~LoneWorker() {
  if (started_) stop_instances(workers_, snapshot_);
}

Result<void> LoneWorker::start() {
  workers_.start();
  auto started = start_instances(workers_, snapshot_);
  started_ = started.ok();
  return started;
}

}  // namespace headgate::cli
