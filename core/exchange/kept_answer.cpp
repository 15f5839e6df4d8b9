#include "core/exchange/kept_answer.hpp"

#include <headgate/dialect.h>

namespace headgate::exchange {
namespace {

// The budget is asked for so much at a time.
constexpr std::size_t kStep = 16 * 1024;

}  // namespace

Said said_by(const plugin::DialectInstance& dialect, Call& call, std::string_view data) {
  Said said;
  call.clear_emitted();
  call.enter(Phase::event, nullptr);
  said.only_text = dialect.said(call, data) == HG_CONTINUE;
  for (const EmittedEvent& part : call.emitted()) said.text += part.data;
  call.clear_emitted();
  return said;
}

KeptAnswer::KeptAnswer(const plugin::DialectInstance* dialect, BodyBudget& budget)
    : dialect_(dialect), budget_(&budget), complete_(dialect && dialect->joins()) {}

void KeptAnswer::give_up() {
  complete_ = false;
  text_ = std::string();
  share_.release();
}

bool KeptAnswer::reserve(std::size_t bytes) {
  return share_.grow_to(*budget_, (bytes + kStep - 1) / kStep * kStep);
}

void KeptAnswer::keep(Call& call, std::string_view data) {
  if (!complete_) return;
  if (first_event_.empty()) {
    if (data.size() > kFirstEventMax || !reserve(data.size())) return give_up();
    first_event_ = data;
  }
  keep(said_by(*dialect_, call, data));
}

void KeptAnswer::keep(const Said& said) {
  if (!complete_) return;
  const std::size_t bytes = text_.size() + said.text.size();
  if (!said.only_text || bytes > kTextMax || !reserve(first_event_.size() + bytes)) {
    return give_up();
  }
  text_ += said.text;
  if (!said.text.empty()) ++text_events_;
}

}  // namespace headgate::exchange
