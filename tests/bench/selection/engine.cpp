// The engine's own selection under the simulation's clock: cells, pick, record, eviction as the
// default health policy decides it.

#include <algorithm>

#include "core/select/outcome.hpp"
#include "core/select/picker.hpp"
#include "tests/bench/selection/chooser.hpp"

namespace headgate::simulation {
namespace {

using select::Millis;

constexpr std::uint32_t kConsecutiveFailures = 3;

TimePoint time_of(double ms) {
  return TimePoint(std::chrono::hours(1)) +
         std::chrono::duration_cast<TimePoint::duration>(Millis(ms));
}

class Engine final : public Chooser {
 public:
  explicit Engine(const Setting& setting) : rng_(make_rng(setting.seed)) {
    std::vector<select::EndpointSpec> specs;
    for (std::size_t i = 0; i < setting.plans.size(); ++i) {
      select::EndpointSpec spec;
      spec.name = "server-" + std::to_string(i);
      spec.weight = setting.plans[i].weight;
      spec.cell = table_.find_or_make({"plugin", spec.name, "/v1", "key", "model"}, time_of(0));
      specs.push_back(std::move(spec));
    }
    std::vector<std::vector<select::EndpointSpec>> groups;
    groups.push_back(std::move(specs));
    set_ = *select::EndpointSet::make(std::move(groups), select::Settings{});
  }

  std::optional<std::size_t> choose(const Ask& ask) override {
    select::PickQuery query;
    query.now = time_of(ask.now_ms);
    query.prompt_tokens = ask.request->prompt_tokens;
    query.excluded = ask.tried;
    query.last_resort = true;
    select::PickResult result = select::pick(*set_, query, *rng_);
    if (result.endpoint == nullptr) return std::nullopt;
    if (ask.slot >= permits_.size()) permits_.resize(ask.slot + 1);
    permits_[ask.slot] = std::move(result.permit);
    return result.endpoint->index();
  }

  void first_token(const Outcome& outcome) override {
    select::note_first_token(permits_[outcome.slot], Millis(outcome.now_ms - outcome.sent_ms),
                             outcome.request->prompt_tokens, time_of(outcome.now_ms));
  }

  void ended(const Outcome& outcome) override {
    select::Permit& permit = permits_[outcome.slot];
    const TimePoint now = time_of(outcome.now_ms);
    select::AttemptOutcome told;
    told.prompt_tokens = outcome.request->prompt_tokens;
    if (outcome.reply.status == Status::ok) {
      told.kind = select::OutcomeKind::success;
      told.output_tokens = outcome.request->output_tokens;
      if (outcome.request->stream)
        told.streaming = Millis(outcome.now_ms - outcome.reply.first_token_ms);
      else
        told.whole_answer = Millis(outcome.now_ms - outcome.sent_ms);
    } else {
      told.kind = select::OutcomeKind::failure;
    }
    const select::OutcomeFacts facts = select::record(permit, told, now);
    if (told.kind == select::OutcomeKind::failure) apply_health_policy(outcome, facts, now);
    permit.release();
  }

 private:
  void apply_health_policy(const Outcome& outcome, const select::OutcomeFacts& facts,
                           TimePoint now) {
    select::Cell& cell = *permits_[outcome.slot].cell();
    if (outcome.reply.status == Status::limited) {
      const auto wait =
          std::chrono::duration_cast<TimePoint::duration>(Millis(outcome.reply.retry_after_ms));
      select::evict(cell, select::Scope::key_model, now + wait, now);
    } else if (facts.consecutive_failures >= kConsecutiveFailures || facts.probe_failed) {
      select::evict(cell, select::Scope::endpoint,
                    now + select::duration_for(facts.evictions_in_a_row), now);
    }
  }

  select::CellTable table_;
  std::shared_ptr<const select::EndpointSet> set_;
  std::unique_ptr<Rng> rng_;
  std::vector<select::Permit> permits_;
};

}  // namespace

std::unique_ptr<Chooser> make_engine(const Setting& setting) {
  return std::make_unique<Engine>(setting);
}

}  // namespace headgate::simulation
