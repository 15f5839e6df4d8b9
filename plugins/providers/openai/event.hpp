#pragma once
// What one event of a chat stream says, read in one pass.

#include <headgate/call.hpp>
#include <headgate/json_view.hpp>
#include <headgate/provider.hpp>

#include <cstdint>
#include <string_view>

namespace headgate_openai {

struct ChatEvent {
  hg::EventFlags flags = 0;    // of what the choices say
  std::uint64_t finished = 0;  // choices that say why they end
  bool has_choices = false;
  bool error = false;
  hg::JsonView usage;  // if it is an object
};

// False: it is not JSON, and what was read of it means nothing.
bool read_event(std::string_view text, ChatEvent& event);

}  // namespace headgate_openai
