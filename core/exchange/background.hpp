#pragma once
// What plugin instances do without a request, on each worker: on_background of hg_instance_api.
// [worker]

#include <chrono>
#include <memory>

#include "core/exchange/connection_list.hpp"
#include "core/exchange/snapshot.hpp"
#include "core/net/task.hpp"

namespace headgate::exchange {

struct WorkerContext;

class Background {
 public:
  // After a failure, until it is begun again.
  static constexpr std::chrono::seconds kBeginAgain{60};

  explicit Background(WorkerContext& worker) : worker_(worker) {}
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // The worker serves another snapshot, or none: what was under way ends without a call, and the
  // instances of the new one begin.
  void begin_anew();

 private:
  net::Task<void> run(std::shared_ptr<const Snapshot> snapshot, plugin::Instance& instance);

  WorkerContext& worker_;
  ConnectionList running_;
};

}  // namespace headgate::exchange
