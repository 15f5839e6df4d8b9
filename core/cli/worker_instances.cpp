#include "core/cli/worker_instances.hpp"

#include <atomic>
#include <string>
#include <vector>

namespace headgate::cli {

Result<void> start_instances(WorkerSet& workers, const exchange::Snapshot& snapshot) {
  std::vector<std::size_t> started(workers.size(), 0);
  std::atomic<bool> all{true};
  workers.on_each([&](std::size_t index, exchange::WorkerContext&) {
    for (const auto& instance : snapshot.instances) {
      if (!instance->start_worker(static_cast<std::uint32_t>(index))) {
        all = false;
        return;
      }
      ++started[index];
    }
  });
  if (all) return {};
  std::string refused;
  workers.on_each([&](std::size_t index, exchange::WorkerContext&) {
    for (std::size_t i = 0; i < started[index]; ++i)
      snapshot.instances[i]->stop_worker(static_cast<std::uint32_t>(index));
  });
  for (const std::size_t count : started) {
    if (count == snapshot.instances.size()) continue;
    refused = snapshot.instances[count]->id();
    break;
  }
  return gateway_error("plugin_start_failed", "plugin '" + refused + "' did not start on a worker");
}

void stop_instances(WorkerSet& workers, const exchange::Snapshot& snapshot) {
  const auto stop = [&](std::size_t index) {
    for (const auto& instance : snapshot.instances)
      instance->stop_worker(static_cast<std::uint32_t>(index));
  };
  if (workers.running()) {
    workers.on_each([&](std::size_t index, exchange::WorkerContext&) { stop(index); });
  } else {
    for (std::size_t index = 0; index < workers.size(); ++index) stop(index);
  }
}

}  // namespace headgate::cli
