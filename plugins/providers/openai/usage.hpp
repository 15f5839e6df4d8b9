#pragma once
// Token counts as OpenAI's API reports them.

#include <headgate/call.hpp>
#include <headgate/json_view.hpp>

#include <string_view>

namespace headgate_openai {

// `object` is the value of "usage".
hg::Usage read_usage(const hg::JsonView& object);

// The "usage" of a whole answer. It stands at the end, so it is looked for from there: an answer of
// a megabyte is not parsed for five numbers.
hg::JsonView find_usage(std::string_view body);
// The same where only the end of an answer is there.
hg::JsonView find_usage_in_tail(std::string_view tail);

// Whether a whole answer has a member of the name "choices", at whatever depth.
bool has_choices(std::string_view body);

}  // namespace headgate_openai
