#include "core/select/outcome.hpp"

#include <algorithm>

#include "core/select/cell_table.hpp"
#include "core/select/cost.hpp"
#include "core/select/estimates.hpp"
#include "core/select/health.hpp"
#include "core/select/relaxed.hpp"

namespace headgate::select {
namespace {

// Fewer tokens than these say nothing about the pace: they come in one packet.
constexpr double kTokensForPace = 8;

void add_first_token(Cell& cell, Millis time, double prompt_tokens, TimePoint now) {
  const std::uint32_t stamp = to_stamp(now);
  cell.ttft.add(time.count() / prompt_factor(prompt_tokens), stamp, kLatencyHalfLifeMs);
  cell.last_sample.store(stamp, kRelaxed);
}

void count_first_token(Cell& cell, Millis time, double prompt_tokens, TimePoint now) {
  cell.times().first_token.add(time.count() / prompt_factor(prompt_tokens), to_stamp(now));
}

void add_pace(Cell& cell, const AttemptOutcome& outcome, double expected_output_tokens,
              std::uint32_t now) {
  if (outcome.streaming && outcome.output_tokens >= kTokensForPace)
    cell.tpot.add(outcome.streaming->count() / (outcome.output_tokens - 1), now,
                  kLatencyHalfLifeMs);
  if (outcome.whole_answer && outcome.kind == OutcomeKind::success) {
    // A short answer is mostly time to the first token. Over the tokens that were expected it does
    // not look like a slow pace.
    const double tokens = std::max({outcome.output_tokens, expected_output_tokens, 1.0});
    cell.tpot.add(outcome.whole_answer->count() / tokens, now, kLatencyHalfLifeMs);
  }
}

// What was longer than a whole answer was expected to take was so by its tokens.
void add_wait_for_whole(const Permit& permit, Cell& cell, const AttemptOutcome& outcome,
                        TimePoint now) {
  const double tokens = std::max(permit.expected_output_tokens(), 1.0);
  const double first_token =
      cell.ttft.value_or(Estimates{}.ttft_ms) * prompt_factor(outcome.prompt_tokens);
  const double pace = (outcome.waited->count() - first_token) / tokens;
  if (pace <= cell.tpot.value_or(Estimates{}.tpot_ms)) return;
  cell.tpot.add(pace, to_stamp(now), kLatencyHalfLifeMs);
  cell.last_sample.store(to_stamp(now), kRelaxed);
  cell.times().whole_answer.add(outcome.waited->count(), to_stamp(now));
}

void add_latency(Permit& permit, Cell& cell, const AttemptOutcome& outcome, TimePoint now) {
  const double factor = prompt_factor(outcome.prompt_tokens);
  if (outcome.first_token) {
    add_first_token(cell, *outcome.first_token, outcome.prompt_tokens, now);
    count_first_token(cell, *outcome.first_token, outcome.prompt_tokens, now);
  }
  if (outcome.waited && outcome.waited_for_whole) {
    add_wait_for_whole(permit, cell, outcome, now);
  } else if (outcome.waited &&
             outcome.waited->count() / factor > cell.ttft.value_or(Estimates{}.ttft_ms)) {
    add_first_token(cell, *outcome.waited, outcome.prompt_tokens, now);
    // Left out, those that were given up would make the endpoint look quick.
    count_first_token(cell, *outcome.waited, outcome.prompt_tokens, now);
  }
  if (outcome.whole_answer && outcome.kind == OutcomeKind::success &&
      outcome.about == About::model) {
    cell.times().whole_answer.add(outcome.whole_answer->count(), to_stamp(now));
  }
  // Where all answers come whole, nothing else would ever lower an estimate that is too high.
  if (outcome.whole_answer && outcome.kind == OutcomeKind::success && !cell.ttft.empty() &&
      outcome.whole_answer->count() / factor < cell.ttft.value())
    add_first_token(cell, *outcome.whole_answer, outcome.prompt_tokens, now);
  add_pace(cell, outcome, permit.expected_output_tokens(), to_stamp(now));
}

// What there is to learn of time and size. Where the cell is about one model, it stays that.
void add_times(Permit& permit, Cell& cell, const AttemptOutcome& outcome, TimePoint now) {
  const bool of_another =
      outcome.about == About::another || (outcome.about == About::unread && !cell.model.empty());
  if (!of_another) {
    add_latency(permit, cell, outcome, now);
    const std::uint32_t stamp = to_stamp(now);
    cell.estimated_tokens.add(static_cast<double>(permit.tokens()), stamp, kSizeHalfLifeMs);
    if (outcome.kind == OutcomeKind::success && outcome.output_tokens > 0)
      cell.output_tokens.add(outcome.output_tokens, stamp, kSizeHalfLifeMs);
  } else if (outcome.about == About::another && outcome.whole_answer &&
             outcome.kind == OutcomeKind::success) {
    cell.times().of_others.add(outcome.whole_answer->count(), to_stamp(now));
  }
}

void count(Cell& cell, OutcomeKind kind, std::uint32_t now) {
  if (kind == OutcomeKind::success) {
    cell.successes.add(1, now, kHealthHalfLifeMs);
    cell.consecutive_failures.store(0, kRelaxed);
  } else {
    cell.failures.add(1, now, kHealthHalfLifeMs);
    cell.consecutive_failures.fetch_add(1, kRelaxed);
  }
  cell.last_sample.store(now, kRelaxed);
}

}  // namespace

void note_first_token(Permit& permit, Millis first_token, double prompt_tokens, TimePoint now) {
  if (!permit || permit.caller_credential()) return;
  add_first_token(*permit.cell(), first_token, prompt_tokens, now);
  count_first_token(*permit.cell(), first_token, prompt_tokens, now);
  permit.decide_probe(true, now);
}

OutcomeFacts record(Permit& permit, const AttemptOutcome& outcome, TimePoint now) {
  OutcomeFacts facts;
  if (!permit) return facts;
  if (outcome.caller_credential) permit.use_caller_credential();

  const std::uint32_t stamp = to_stamp(now);
  Cell* cell = permit.cell();
  facts.probe = permit.probe();
  if (!permit.caller_credential()) {
    if (outcome.kind == OutcomeKind::success) {
      cell->consecutive_failures.store(0, kRelaxed);
      cell = &learn_model(*cell, outcome.model, now);
    }
    add_times(permit, *cell, outcome, now);
    if (outcome.kind != OutcomeKind::neutral) {
      facts.counted = true;
      facts.probe_failed = permit.probe_undecided() && outcome.kind == OutcomeKind::failure;
      permit.decide_probe(outcome.kind == OutcomeKind::success, now);
      count(*cell, outcome.kind, stamp);
    }
  }
  facts.consecutive_failures = cell->consecutive_failures.load(kRelaxed);
  facts.health = cell->health_at(stamp);
  // Only who may evict wants to know, and it is far to look.
  if (outcome.kind == OutcomeKind::success) return facts;
  for (const Scope scope : kAllScopes)
    facts.evictions_in_a_row =
        std::max(facts.evictions_in_a_row, cell->eviction(scope).in_a_row(now));
  return facts;
}

}  // namespace headgate::select
