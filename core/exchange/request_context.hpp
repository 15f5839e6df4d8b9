#pragma once
// Everything that is known of one client request while it is served. Plain data, owned by the
// exchange; the phases read and write it. [worker]

#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/arena.hpp"
#include "core/exchange/body_budget.hpp"
#include "core/exchange/facets.hpp"
#include "core/exchange/json_body.hpp"
#include "core/exchange/recorded.hpp"
#include "core/exchange/worker_context.hpp"
#include "core/http/head.hpp"
#include "core/http/header_map.hpp"
#include "core/net/footprint.hpp"
#include "core/plugin/dialect_table.hpp"

namespace headgate::exchange {

// One attempt, for the answer's headers and the access log.
struct AttemptNote {
  std::string_view endpoint;
  int status = 0;         // of the upstream; 0 without an answer
  std::string_view code;  // of the error; empty when it served
  milliseconds duration{0};
};

// "primary:429/12ms;second:200/240ms"
void append_attempt(std::string& text, const AttemptNote& note);
void append_attempts(std::string& text, std::span<const AttemptNote> notes);
std::string describe_attempts(std::span<const AttemptNote> notes);

class Continuation;

// Where an exchange keeps what going on with it touches, for whoever waits on its behalf. What is
// in its arena is not here.
struct ExchangeMemory {
  net::Footprint::Piece front;  // before the arena
  net::Footprint::Piece rest;   // behind it
  net::Footprint::Piece run;    // of its coroutines
  net::Footprint::Piece try_endpoints;
};

// Of a request that is recorded in a trace. Lives in its arena.
struct RequestTrace {
  RequestTrace(const observe::Trace& trace, Arena& arena)
      : trace(trace), attempts(arena.resource()) {}

  observe::Trace trace;
  std::pmr::vector<observe::AttemptSpan*> attempts;  // in the order of their beginning
};

struct RequestContext {
  // Room that is made at once.
  static constexpr std::size_t kUsualAttributes = 4;
  static constexpr std::size_t kUsualAttempts = 2;

  RequestContext(WorkerContext& worker, std::shared_ptr<const Snapshot> snapshot, Arena& arena,
                 http::RequestHead& head)
      : worker(worker),
        snapshot(std::move(snapshot)),
        arena(arena),
        head(head),
        headers(arena),
        body(arena, worker.scanner),
        policies(arena.resource()),
        attributes(arena.resource()),
        attempts(arena.resource()),
        credentials(arena.resource()) {
    attributes.reserve(kUsualAttributes);
    attempts.reserve(kUsualAttempts);
    credentials.reserve(kUsualAttempts);
  }

  WorkerContext& worker;
  const std::shared_ptr<const Snapshot> snapshot;
  Arena& arena;
  http::RequestHead& head;  // views into the client's read buffer

  // What the client asked.
  std::string_view path;
  std::string_view query;
  http::HeaderMap headers;  // as policies left them
  JsonBody body;            // likewise
  Facets facets;
  std::uint64_t facets_at = 0;  // the body's version that they say what is in

  // Where it goes.
  const RoutePlan* route = nullptr;
  const BackendPlan* backend = nullptr;
  std::optional<std::uint16_t> store;  // EndpointPlan::store of those who may be asked; none: all
  plugin::DialectMatch dialect;        // empty: pass-through
  void* dialect_context = nullptr;
  bool dialect_open = false;

  // Contexts of the backend's policies, by slot.
  struct PolicyContext {
    void* context = nullptr;
    bool open = false;
    bool failed = false;  // the request goes on without it
  };
  std::pmr::vector<PolicyContext> policies;

  // What plugins left.
  std::pmr::vector<std::pair<std::string_view, std::string_view>> attributes;
  std::optional<RecordedAnswer> recorded;
  Continuation* continuation = nullptr;    // of answers that break off; null: they end in an error
  std::string_view consumed_credential;    // header that a policy took as meant for the gateway
  Usage usage;                             // of the attempt that answered
  std::pmr::vector<AttemptNote> attempts;  // that have ended
  bool may_try_here_again = false;         // should this attempt fail: as far as is known before it
  std::pmr::vector<std::string_view>
      credentials;  // of all attempts; for keeping them out of answers

  // What the client got.
  const EndpointPlan* served_by = nullptr;
  std::string_view served_model;
  int answer_status = 0;
  std::string_view broken_code;  // why the answer ended early, after it had begun
  std::optional<std::chrono::nanoseconds> first_token;  // from the start of the request

  // Set while a plugin's pause is waited for; a wake-up that comes before that is remembered.
  std::function<void()> wake_pause;
  bool woken_early = false;
  bool dry_run = false;  // nobody sent it: nothing can be started or waited for on its behalf

  ExchangeMemory memory;
  TimePoint started;
  std::optional<TimePoint> deadline;  // of the whole request
  WallTime wall;
  std::string id;
  std::string_view listener_name;
  std::string own_error_code;     // of an answer that a plugin recorded
  std::string own_error_member;   // likewise
  RequestTrace* trace = nullptr;  // null: not recorded

  // The head's bytes, which began at `from`, are at `to` now: moves the views of path and query.
  void rebase(const char* from, const char* to);

  // Counts what edits and translations have put into the arena, and `more` that is about to be made
  // there, until the request ends. False: there is no room; see BodyBudget.
  bool hold_made(std::size_t more = 0);
  BodyBudget::Share made;

  void note_credential(std::string_view value);
  // An upstream's words are not passed on when they hold the key it was asked with.
  bool mentions_credential(std::string_view text) const;

  std::string_view operation() const {
    return dialect.route ? std::string_view(dialect.route->operation) : std::string_view();
  }
  std::string_view dialect_id() const {
    return dialect.route ? std::string_view(dialect.dialect->id()) : std::string_view();
  }
};

}  // namespace headgate::exchange
