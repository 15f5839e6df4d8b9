#pragma once
// Going on with a chat answer that broke off: what an event says, a request that ends with the
// beginning of its answer, and events of another answer as if they were of the first. Pure.

#include <headgate/dialect.hpp>
#include <headgate/json_view.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headgate_openai_chat {

// The text that a chunk adds to the only choice; empty when it adds none. Nothing when it adds
// anything else, or is no chunk at all.
std::optional<std::string> text_said(std::string_view chunk);

// `messages` (a JSON array) with one of the assistant's behind them. Nothing when it is not an
// array, or ends with one of the assistant's already.
std::optional<std::string> with_prefill(std::string_view messages, std::string_view text);

// What is left of a limit of `limit` tokens when `said` are there already: at least one.
std::uint64_t lowered(std::uint64_t limit, std::uint64_t said);

// The chunk `in.data` as one of the answer that began with `in.first`.
std::string joined(const hg::Joined& in);

}  // namespace headgate_openai_chat
