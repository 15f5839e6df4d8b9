#include "event.hpp"

#include <headgate/json_walk.hpp>

namespace headgate_openai {
namespace {

// Whether a member of a delta carries part of the answer; vendors send empty ones with the role.
bool says_something(const hg::JsonView& value) {
  if (value.is_null()) return false;
  if (value.is_string()) return !value.equals("");
  return !((value.is_object() || value.is_array()) && value.empty());
}

bool read_delta(hg::JsonWalk& walk, ChatEvent& event) {
  return walk.members([&](std::string_view name) {
    const hg::JsonView value = walk.value();
    if (name == "role" || !says_something(value)) return value.exists();
    event.flags |= HG_EVENT_MEANINGFUL;
    if (name == "tool_calls" || name == "function_call") event.flags |= HG_EVENT_TOOL;
    return value.exists();
  });
}

bool read_choice(hg::JsonWalk& walk, ChatEvent& event) {
  bool finished = false;
  const bool whole = walk.members([&](std::string_view name) {
    if (name == "delta") return read_delta(walk, event);
    if (name != "finish_reason") return walk.skip();
    const hg::JsonView reason = walk.value();
    finished = finished || reason.is_string();
    return reason.exists();
  });
  if (finished) {
    ++event.finished;
    event.flags |= HG_EVENT_MEANINGFUL;  // also an answer without a word is one
  }
  return whole;
}

// Of several members of that name the last one counts.
bool read_choices(hg::JsonWalk& walk, ChatEvent& event) {
  event.flags = 0;
  event.finished = 0;
  event.has_choices = false;
  if (!walk.at_array()) {
    const hg::JsonView other = walk.value();
    event.has_choices = !other.empty();
    return other.exists();
  }
  return walk.elements([&] {
    event.has_choices = true;
    return read_choice(walk, event);
  });
}

}  // namespace

bool read_event(std::string_view text, ChatEvent& event) {
  hg::JsonWalk walk(text);
  const bool whole = walk.members([&](std::string_view name) {
    if (name == "choices") return read_choices(walk, event);
    if (name != "usage" && name != "error") return walk.skip();
    const hg::JsonView value = walk.value();
    if (name == "error") {
      event.error = event.error || !value.is_null();
    } else if (value.is_object()) {
      event.usage = value;
    }
    return value.exists();
  });
  return whole && walk.at_end();
}

}  // namespace headgate_openai
