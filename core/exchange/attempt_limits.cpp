// A good answer may say that the next one would be a refusal: then others are asked first, before
// there is a refusal. Which headers say so, the provider's manifest declares.

#include "core/exchange/attempt.hpp"
#include "core/http/header_rules.hpp"
#include "core/select/cell_table.hpp"
#include "core/select/retry_after.hpp"

namespace headgate::exchange {

void Attempt::learn_limits() {
  // What is not about the endpoint's model says nothing of what is left of it.
  if (!endpoint_.provider || used_client_key() || about() != select::About::model) return;
  const plugin::ProviderManifest& declares = endpoint_.provider->declares();
  if (declares.limits.empty()) return;
  Clock& clock = request_.worker.worker.clock();
  for (const http::Header& header : context_.head.headers) {
    if (!declares.may_be_limit(header.name.size()) || !header.value.starts_with('0')) continue;
    for (const plugin::LimitHeaders& limit : declares.limits) {
      if (!http::equals_ignoring_case(header.name, limit.remaining)) continue;
      const auto reset = context_.head.headers.find(limit.reset);
      if (!reset) continue;
      const auto time = select::hold_time(header.value, *reset, clock.wall());
      if (!time) continue;
      const TimePoint until = clock.now() + *time;
      if (!limited_until_ || *limited_until_ < until) limited_until_ = until;
    }
  }
  // At once, for the answer may be long.
  if (limited_until_) hold_back(*limited_until_);
}

// The key for that model: where the model is not known yet, nothing is held back.
void Attempt::hold_back(TimePoint until) {
  select::hold_back(pick_.endpoint->cell_for(select::model_hash(context_.model)), until);
}

}  // namespace headgate::exchange
