#include "core/exchange/exchange.hpp"

#include <array>
#include <utility>

#include "core/exchange/continuation.hpp"
#include "core/net/frame.hpp"

namespace headgate::exchange {

Exchange::Exchange(WorkerContext& worker, net::ByteStream& stream, ReadBuffer& in,
                   http::RequestHead& head, ClientLink& client, std::uint16_t port)
    : worker_(worker),
      stream_(stream),
      client_(client),
      port_(port),
      request_(worker, worker.snapshot, arena_, head),
      call_(request_),
      policies_(request_, call_, client),
      body_(request_, stream, in, client),
      race_(worker.worker.sweep(), [this] { start_second(); }),
      shared_{request_, call_, policies_, client_, race_},
      affinity_(arena_.resource()) {
  request_.started = worker.worker.clock().now();
  request_.wall = worker.worker.clock().wall();
  request_.id = std::to_string(worker.worker.index()) + "-" + std::to_string(++worker.requests);
}

// Contexts of plugins are closed before what they point into goes away.
Exchange::~Exchange() {
  second_.reset();
  policies_.close();
  if (request_.dialect_open) request_.dialect.dialect->close(request_.dialect_context);
}

void Exchange::note_memory() {
  const auto piece = [](const void* begin, const void* end) {
    const auto bytes = static_cast<const char*>(end) - static_cast<const char*>(begin);
    return net::Footprint::Piece{begin, static_cast<std::uint32_t>(bytes)};
  };
  request_.memory.front = piece(this, arena_.own_used().data());
  request_.memory.rest = piece(&request_, this + 1);
}

net::Task<void> Exchange::run() {
  note_memory();
  request_.memory.run = HEADGATE_FRAME;
  if (worker_.tracer) begin_trace();
  Turn turn = Turn::error;
  auto problem = find_route();
  if (!problem) {
    find_dialect();
    auto body = body_.take_if_there();
    if (!body) body.emplace(co_await body_.read());
    problem = body->ok() ? prepare(**body) : MaybeError(std::move(body->error()));
  }
  if (!problem) problem = open_dialect();
  if (!problem) {
    std::int32_t result = policies_.on_request();
    if (result == HG_PAUSE) result = co_await policies_.resume_request();
    turn = after_policies(result, problem);
  }
  switch (turn) {
    case Turn::endpoints:
      co_await try_endpoints();
      break;
    case Turn::recorded:
      co_await answer_recorded();
      break;
    case Turn::error:
      if (problem->code == "client_gone") {
        error_code_ = problem->code;  // nobody would read an answer
      } else {
        co_await answer_error(std::move(*problem), std::nullopt);
      }
      break;
    case Turn::nobody:
      break;
  }
  if (continuation_) count_cut();
  client_.unwatch();
  finish();
  if (!body_.complete()) client_.close_after_answer();
  if (client_.keep_alive()) body_.consume();
}

// The last before the first policy: what is asked, and of which backend.
Exchange::MaybeError Exchange::prepare(std::string_view body) {
  request_.headers.add_end_to_end(request_.head);
  if (body_.was_coded()) request_.headers.remove("content-encoding");
  if (auto problem = choose_backend()) return problem;
  return take_body(body);
}

// Who answers, now that the policies have seen the request.
Exchange::Turn Exchange::after_policies(std::int32_t result, MaybeError& problem) {
  if (client_.gone()) return Turn::nobody;
  if (result != HG_CONTINUE && (result != HG_STOP || !request_.recorded)) {
    problem = gateway_error("policy_failed", "a policy of this route failed");
    return Turn::error;
  }
  if (result == HG_STOP) return Turn::recorded;
  request_.recorded.reset();  // an answer counts only with HG_STOP
  problem = read_facets_again();
  if (problem) return Turn::error;
  if (request_.dialect.route && request_.dialect.route->answered) {
    call_.enter(Phase::answer, nullptr);
    const std::int32_t answered = request_.dialect.dialect->answer(request_.dialect_context, call_);
    if (answered != HG_CONTINUE || !pass_instead()) return Turn::recorded;
  }
  return Turn::endpoints;
}

Exchange::MaybeError Exchange::open_dialect() {
  if (!request_.dialect.route) return std::nullopt;
  call_.enter(Phase::request, nullptr);
  const auto index = static_cast<std::uint32_t>(worker_.worker.index());
  if (request_.dialect.dialect->open(index, call_, request_.dialect_context) != HG_CONTINUE) {
    return gateway_error("plugin_error", "the plugin of this API format failed");
  }
  request_.dialect_open = true;
  return std::nullopt;
}

net::Task<void> Exchange::answer_recorded() {
  if (!request_.recorded) {
    Error missing = gateway_error("plugin_error", "a plugin promised an answer and gave none");
    co_await answer_error(std::move(missing), std::nullopt);
    co_return;
  }
  RecordedAnswer answer = std::move(*request_.recorded);
  request_.recorded.reset();
  if (answer.is_error) {
    const Fault fault = answer.status < 500 ? Fault::client : Fault::gateway;
    request_.own_error_code = std::move(answer.code);
    request_.own_error_member = std::move(answer.member);
    Error error(fault, Retry::no, answer.status, request_.own_error_code,
                std::move(answer.message));
    co_await answer_error(std::move(error), std::nullopt);
    co_return;
  }
  http::HeaderMap headers(arena_);
  if (!answer.content_type.empty()) headers.set("content-type", answer.content_type);
  add_headers(headers, false);
  status_ = answer.status;
  const std::array<std::string_view, 1> pieces{answer.body};
  co_await client_.send_whole(answer.status, headers, pieces);
}

}  // namespace headgate::exchange
