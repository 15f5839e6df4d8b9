#include "core/exchange/worker_context.hpp"

#include "core/http/head_writer.hpp"

namespace headgate::exchange {

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
