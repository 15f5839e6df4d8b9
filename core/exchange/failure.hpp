#pragma once
// What went wrong with an attempt, and what follows from it. Pure values: the provider's plugin
// refines the verdict that the status alone suggests, and the rules of next_step.hpp act on it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"

namespace headgate::exchange {

enum class FailureKind : std::uint8_t {
  status,      // the answer's status is not 2xx
  connect,     // no connection: nothing was sent
  transport,   // the connection broke before the head of an answer
  timeout,     // nothing came in time
  event,       // an error event inside a 2xx
  bad_answer,  // not HTTP, or not what the format says
  cannot,      // the provider's plugin cannot express this request
  refused,     // a policy or plugin of ours would not let the attempt go out
  stopped,     // a policy of ours would not let the answer through
  no_room,     // the gateway holds as many bodies as it may
};

// What to do with the request next.
enum class Next : std::uint8_t { elsewhere, here, wait, never };
// What the failure says of the endpoint.
enum class Health : std::uint8_t { failure, neutral, success };

struct Failure {
  FailureKind kind = FailureKind::transport;
  int status = 0;            // of the upstream's answer, 0 without one
  std::string_view code;     // stable, static: "upstream_status", "connect_refused" ...
  std::string detail;        // for logs and our own error message; no secrets
  std::string body;          // of the upstream's error answer, decoded, at most 64 KiB
  std::string content_type;  // of that body
  std::optional<milliseconds> retry_after;
};

struct Verdict {
  Next next = Next::elsewhere;
  bool exclude = false;        // do not try this endpoint again for this request
  bool exclude_model = false;  // nor any other that would be asked for the same model
  Health health = Health::failure;
  std::uint32_t scope = 0;  // HG_SCOPE_*
  int status = 502;         // for the client, when this is what it gets
  std::optional<milliseconds> retry_after;
  std::string code;     // stable word; empty: the failure's
  std::string message;  // from the provider, for the client; empty: a general one
};

// What a failure means when nobody knows better. `passes`: of a path that nobody here reads, so a
// rate limit is that of a model, or of a kind of path, that is not known.
Verdict default_verdict(const Failure& failure, bool passes = false);

}  // namespace headgate::exchange
