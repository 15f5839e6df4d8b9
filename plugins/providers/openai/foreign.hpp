#pragma once
// What a client sends back of an answer that another maker's model gave, because it repeats the
// whole message: OpenAI's own API refuses a message with a member that it does not know. Pure.

#include <headgate/llm/dropped.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace headgate_openai {

// False: messages without the gateway's own member hold none of other makers. Costs a search.
bool may_hold_foreign(std::string_view messages);

// A request's body without such members of the assistant's messages, if it goes to OpenAI's
// `own_host`, and without the gateway's own ("headgate") in any case: of the request, of messages,
// their parts, calls and pictures, of tools and of the choice of a tool. What that holds of the
// chat format's own (headgate.extra) stands in its place, unless the format has a member of that
// name. All else is byte for byte as it was. The names are added to `dropped`; nothing where there
// are none.
std::optional<std::string> without_foreign(std::string_view body, bool own_host,
                                           hg::llm::Dropped& dropped);

}  // namespace headgate_openai
