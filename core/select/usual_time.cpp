#include "core/select/usual_time.hpp"

#include "core/select/cell.hpp"
#include "core/select/cost.hpp"

namespace headgate::select {

std::optional<Millis> usual_first_token(const Permit& permit, double prompt_tokens, TimePoint now) {
  if (!permit) return std::nullopt;
  CellTimes* const times = permit.cell()->known_times();
  if (!times) return std::nullopt;
  const auto p95 = times->first_token.p95(to_stamp(now));
  if (!p95) return std::nullopt;
  return Millis(*p95 * prompt_factor(prompt_tokens));
}

std::optional<Millis> usual_whole_answer(const Permit& permit, About about, TimePoint now) {
  if (!permit || about == About::unread) return std::nullopt;
  CellTimes* const times = permit.cell()->known_times();
  if (!times) return std::nullopt;
  LatencyHistogram& lately = about == About::another ? times->of_others : times->whole_answer;
  const auto p95 = lately.p95(to_stamp(now));
  if (!p95) return std::nullopt;
  return Millis(*p95);
}

}  // namespace headgate::select
