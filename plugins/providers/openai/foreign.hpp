#pragma once
// What a client sends back of an answer that another maker's model gave, because it repeats the
// whole message: OpenAI's own API refuses a message with a member that it does not know. Pure.

#include <headgate/json_view.hpp>
#include <headgate/llm/dropped.hpp>

#include <string>
#include <string_view>

namespace headgate_openai {

// False: messages without the gateway's own member hold none of other makers. Costs a search.
bool may_hold_foreign(std::string_view messages);

// The list of messages without such members of the assistant's, and without the gateway's own
// ("headgate") of any; their names are added to `dropped`. Of these two a server that is not
// OpenAI's only does not get the gateway's. Whatever holds neither stays as it stands.
std::string without_foreign(const hg::JsonView& messages, bool own_host, hg::llm::Dropped& dropped);

// The list of tools without the gateway's own member in any; likewise.
std::string without_reserved(const hg::JsonView& tools, hg::llm::Dropped& dropped);

}  // namespace headgate_openai
