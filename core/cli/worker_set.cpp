#include "core/cli/worker_set.hpp"

#include <latch>

#include "core/cli/crash_handler.hpp"
#include "core/plugin/plugin_metrics.hpp"

namespace headgate::cli {

WorkerSet::Member::Member(std::size_t index, const WorkerSetOptions& options,
                          const SharedParts& shared)
    : worker(index, shared.clock, options.worker),
      pool(worker.sweep(), worker.connector(), options.pool),
      context(worker, pool, shared.metrics.worker(index), shared.access_log.worker(index),
              shared.budgets, shared.bodies, shared.wakers) {
  context.tracer = shared.tracer;
}

WorkerSet::WorkerSet(const WorkerSetOptions& options, const SharedParts& shared)
    : slots_(shared.running), metrics_(shared.metrics) {
  for (std::size_t i = 0; i < options.count; ++i)
    members_.push_back(std::make_unique<Member>(i, options, shared));
}

WorkerSet::~WorkerSet() {
  stop();
}

void WorkerSet::start() {
  for (auto& member : members_) member->worker.start();
  running_now_ = true;
  on_each([this](std::size_t index, exchange::WorkerContext& context) {
    prepare_thread_for_crash();
    slots_.bind(static_cast<std::uint32_t>(index));
    plugin::bind_metrics(metrics_, context.metrics);
  });
}

void WorkerSet::stop() {
  for (auto& member : members_) member->worker.stop();
  for (auto& member : members_) member->worker.join();
  running_now_ = false;
  for (auto& member : members_) member->worker.destroy_tasks();
}

void WorkerSet::on_each(const std::function<void(std::size_t, exchange::WorkerContext&)>& work) {
  std::latch done(static_cast<std::ptrdiff_t>(members_.size()));
  for (std::size_t i = 0; i < members_.size(); ++i) {
    members_[i]->worker.post([this, i, &work, &done] {
      work(i, members_[i]->context);
      done.count_down();
    });
  }
  done.wait();
}

void WorkerSet::on_one(std::size_t index,
                       const std::function<void(exchange::WorkerContext&)>& work) {
  std::latch done(1);
  members_[index]->worker.post([&] {
    work(members_[index]->context);
    done.count_down();
  });
  done.wait();
}

}  // namespace headgate::cli
