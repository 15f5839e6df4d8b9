#include "core/exchange/probe_run.hpp"

#include <boost/asio/error.hpp>

#include "core/base/log.hpp"
#include "core/http/target.hpp"

namespace headgate::exchange {
namespace {

// The client of a question that nobody asked: takes everything, says nothing and stays.
class Nobody final : public net::ByteStream {
 public:
  net::Task<net::ReadResult> read_some(std::span<char>) override {
    co_return net::ReadResult(boost::asio::error::operation_aborted, 0);
  }
  net::Task<net::ErrorCode> write(std::span<const std::string_view>) override {
    co_return net::ErrorCode();
  }
  std::size_t write_at_once(std::span<const std::string_view> pieces) override {
    std::size_t bytes = 0;
    for (const std::string_view piece : pieces) bytes += piece.size();
    return bytes;
  }
  void cancel_read() override {}
  void close() override {}
  net::Task<void> shutdown_send() override { co_return; }
  void watch_peer(std::function<void()>) override {}
  void unwatch_peer() override {}
  const std::string& remote_address() const override { return name_; }
  const std::string& remote_ip() const override { return name_; }

 private:
  const std::string name_ = "probe";
};

}  // namespace

ProbeRun::ProbeRun(WorkerContext& worker, std::shared_ptr<const Snapshot> snapshot,
                   const ProbePlan& plan)
    : worker_(worker),
      plan_(plan),
      nobody_(std::make_unique<Nobody>()),
      client_(worker, *nobody_),
      request_(worker, std::move(snapshot), arena_, head_),
      call_(request_),
      policies_(request_, call_, client_),
      race_(worker.worker.sweep(), [] {}),
      shared_{request_, call_, policies_, client_, race_},
      total_(worker.worker.sweep(), [this] { client_.cut(); }) {
  const bool path_only = plan.settings.body.empty();
  head_.method = path_only ? std::string_view(plan.settings.method) : "POST";
  head_.target = plan.settings.path;
  const http::Target target = http::split_target(head_.target);
  request_.path = target.path;
  request_.query = target.query;
  request_.backend = &plan.backend;
  request_.started = worker.worker.clock().now();
  request_.wall = worker.worker.clock().wall();
  request_.deadline = request_.started + plan.settings.timeout;
  request_.id = "probe";
  request_.headers.add_view("user-agent", "headgate");
  if (!path_only) request_.headers.add_view("content-type", "application/json");
  client_.begin_request(1, true, false);
}

// Contexts of plugins are closed before what they point into goes away.
ProbeRun::~ProbeRun() {
  policies_.close();
  if (request_.dialect_open) request_.dialect.dialect->close(request_.dialect_context);
}

void ProbeRun::end() {
  cancelled_ = true;
  client_.cut();
}

// What is asked, in the client's format. The configuration was checked, so that it is possible.
bool ProbeRun::prepare() {
  const auto has_header = [](std::string_view) { return false; };
  request_.dialect = request_.snapshot->dialects.find("POST", request_.path, has_header);
  if (!request_.dialect.route) return false;
  request_.body.assign_copy(plan_.settings.body);
  auto facets = read_facets(request_.body, worker_.scanner, request_.dialect.dialect->declares(),
                            request_.dialect.model, arena_);
  if (!facets) return false;
  request_.facets = *facets;
  request_.facets_at = request_.body.version();
  call_.enter(Phase::request, nullptr);
  const auto index = static_cast<std::uint32_t>(worker_.worker.index());
  request_.dialect_open =
      request_.dialect.dialect->open(index, call_, request_.dialect_context) == HG_CONTINUE;
  return request_.dialect_open;
}

net::Task<ProbeEnd> ProbeRun::run() {
  const bool path_only = plan_.settings.body.empty();
  if (!path_only && !prepare()) {
    ProbeEnd impossible("plugin_error", "cannot be asked this");
    co_return impossible;
  }
  total_.arm(*request_.deadline);
  select::PickResult picked;
  picked.endpoint = &plan_.backend.set->endpoint(0);
  const TimePoint now = worker_.worker.clock().now();
  const Pooled<Attempt, WorkerContext::kAttemptBytes> attempt(worker_.attempt_memory, shared_,
                                                              std::move(picked), now);
  race_.begin(*attempt);
  std::optional<AttemptEnd> end;
  bool threw = false;
  try {
    if (path_only) {
      AttemptEnd asked = co_await attempt->ask_path(plan_.settings);
      end.emplace(std::move(asked));
    } else {
      AttemptEnd asked = co_await attempt->run();
      end.emplace(std::move(asked));
    }
  } catch (...) {
    threw = true;
  }
  race_.end_first();
  total_.disarm();
  if (threw) {
    ProbeEnd broken("internal_error", "ended with an exception");
    co_return broken;
  }
  co_return meaning(*end);
}

ProbeEnd ProbeRun::meaning(const AttemptEnd& end) const {
  if (cancelled_) return ProbeEnd(ProbeEnd::Kind::cancelled);
  if (client_.gone()) {
    return {"upstream_timeout",
            "did not answer in " + std::to_string(plan_.settings.timeout.count()) + " ms"};
  }
  switch (end.kind) {
    case AttemptEnd::Kind::served:
      return ProbeEnd(ProbeEnd::Kind::answered);
    case AttemptEnd::Kind::failed:
      return {end.failure().code, end.failure().detail};
    default:
      return {request_.broken_code.empty() ? "upstream_bad_response" : request_.broken_code,
              "broke off its answer"};
  }
}

}  // namespace headgate::exchange
