#pragma once
// What an endpoint's requests usually take, for deciding when one takes unusually long. [any]

#include <optional>

#include "core/select/outcome.hpp"

namespace headgate::select {

// 95 of 100 answers lately had begun, or were whole, after so long. Nothing: not enough is known.
// The first is about a prompt of this size, the other about any.
std::optional<Millis> usual_first_token(const Permit& permit, double prompt_tokens, TimePoint now);
std::optional<Millis> usual_whole_answer(const Permit& permit, About about, TimePoint now);

}  // namespace headgate::select
