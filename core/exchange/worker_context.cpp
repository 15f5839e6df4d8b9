#include "core/exchange/worker_context.hpp"

#include "core/exchange/background.hpp"
#include "core/exchange/prober.hpp"
#include "core/http/head_writer.hpp"

namespace headgate::exchange {

WorkerContext::WorkerContext(net::Worker& worker, upstream::Pool& pool,
                             observe::WorkerMetrics& metrics, observe::AccessLogWriter& access_log,
                             select::AttemptBudgets& budgets, BodyBudget& bodies, Wakers& wakers)
    : worker(worker),
      pool(pool),
      metrics(metrics),
      access_log(access_log),
      retries(budgets.retries),
      seconds(budgets.seconds),
      hedges(budgets.hedges),
      waiters(budgets.waiters),
      bodies(bodies),
      wakers(wakers),
      prober(std::make_unique<Prober>(*this)),
      background(std::make_unique<Background>(*this)) {}

WorkerContext::~WorkerContext() = default;

void WorkerContext::serve(std::shared_ptr<const Snapshot> next) {
  snapshot = std::move(next);
  if (snapshot) {
    for (const std::string& name : snapshot->watched_names) scanner.watched.add(name);
  }
  unknown_upstreams.clear();
  prober->begin_anew();
  background->begin_anew();
}

void WorkerContext::drain() {
  draining = true;
  prober->begin_anew();
  idle.end_all();
}

std::string_view WorkerContext::date() {
  const std::time_t now = std::chrono::system_clock::to_time_t(worker.clock().wall());
  if (now != date_second_ || date_.empty()) {
    date_second_ = now;
    date_.clear();
    http::append_http_date(date_, now);
  }
  return date_;
}

}  // namespace headgate::exchange
