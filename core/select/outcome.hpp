#pragma once
// What an attempt showed goes into the statistics here, and nowhere else. [worker]
//
// The order of calls for one attempt: note_first_token() when the first meaningful event has come
// (not for a whole answer), record() once at its end, release of the permit at the end of the body.
// Only time spent waiting for the upstream is given: not a slow client, not policies, not earlier
// attempts.

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/select/milliseconds.hpp"
#include "core/select/permit.hpp"

namespace headgate::select {

// What an attempt means for the endpoint's health. Failure: 5xx, 429, connect, DNS and TLS errors,
// timeouts, a stream that breaks. Neutral: errors of the client's making, a client that leaves, an
// attempt that lost against another.
enum class OutcomeKind : std::uint8_t { success, failure, neutral };

// What an attempt's times are about.
enum class About : std::uint8_t {
  model,    // the cell's own model, or whatever the request named
  another,  // a model that is not the cell's: it says nothing of that one's pace
  unread,   // bytes that nobody read: no model is known, and any size may be usual
};

struct AttemptOutcome {
  OutcomeKind kind = OutcomeKind::neutral;

  // Time to the first token, if one came and note_first_token() was not called.
  std::optional<Millis> first_token;
  // From the first token to the last.
  std::optional<Millis> streaming;
  // The whole answer came at once after this time. Its head came at its end, so it says nothing
  // about the first token; it counts per output token only.
  std::optional<Millis> whole_answer;
  // How long an attempt that gave no first token was waited for. Counts only where it is longer
  // than the estimate: then the endpoint is at least that slow.
  std::optional<Millis> waited;
  // ... and that it was to be a whole answer, which says nothing about the first token.
  bool waited_for_whole = false;

  double prompt_tokens = 0;  // 0 = unknown
  double output_tokens = 0;  // 0 = unknown

  // The client's own credential was used: one caller's bad key must not count for everybody.
  bool caller_credential = false;

  About about = About::model;

  // The model asked for, where the endpoint leaves it to the request. A success makes a cell.
  std::string_view model;
};

// What a health policy wants to know after an attempt.
struct OutcomeFacts {
  std::uint32_t consecutive_failures = 0;  // over all workers
  // The most of the four scopes, before any that follows. Not after a success.
  std::uint32_t evictions_in_a_row = 0;
  double health = 1;
  bool probe = false;         // the attempt was the probe of a half-open return
  bool probe_failed = false;  // evict again without waiting for more failures
  bool counted = false;       // false: neutral, or the client's own credential
};

// The first meaningful event of a stream has come, so the latency is known and a probe is decided.
void note_first_token(Permit& permit, Millis first_token, double prompt_tokens, TimePoint now);

// The attempt is over. REQUIRES: called at most once per permit, before its release.
OutcomeFacts record(Permit& permit, const AttemptOutcome& outcome, TimePoint now);

}  // namespace headgate::select
