#include "foreign.hpp"

#include <headgate/llm/json_writer.hpp>

#include <algorithm>
#include <array>

namespace headgate_openai {
namespace {

using hg::JsonView;
using hg::llm::Dropped;
using hg::llm::JsonWriter;

// As the neutral form and other makers have them: thoughts, signatures of thoughts, pictures that
// the model made, and what the gateway itself adds.
constexpr std::array<std::string_view, 4> kForeign = {"extra_content", "headgate", "images",
                                                      "reasoning_content"};

bool is_foreign(std::string_view name) {
  return std::find(kForeign.begin(), kForeign.end(), name) != kForeign.end();
}

// `path` is what the members are called in the header, "messages".
void copy(JsonWriter& json, const JsonView& object, std::string_view path, Dropped& dropped);

void copy_each(JsonWriter& json, const JsonView& list, std::string_view path, Dropped& dropped) {
  json.open('[');
  list.each_element([&](JsonView element) { copy(json, element, path, dropped); });
  json.close(']');
}

void copy(JsonWriter& json, const JsonView& object, std::string_view path, Dropped& dropped) {
  if (!object.is_object()) {
    json.raw(object.raw());
    return;
  }
  json.open('{');
  object.each_member([&](std::string_view name, JsonView value) {
    if (is_foreign(name)) {
      dropped.add(path, name);
      return;
    }
    json.name(name);
    if (name == "tool_calls" && value.is_array()) {
      copy_each(json, value, "messages.tool_calls", dropped);
    } else {
      json.raw(value.raw());
    }
  });
  json.close('}');
}

}  // namespace

bool may_hold_foreign(std::string_view messages) {
  return messages.find("_content\"") != std::string_view::npos ||
         messages.find("\"images\"") != std::string_view::npos ||
         messages.find("\"headgate\"") != std::string_view::npos;
}

std::string without_foreign(const JsonView& messages, Dropped& dropped) {
  std::string out;
  JsonWriter json(out);
  json.open('[');
  messages.each_element([&](JsonView message) {
    if (message["role"].equals("assistant")) {
      copy(json, message, "messages", dropped);
    } else {
      json.raw(message.raw());
    }
  });
  json.close(']');
  return out;
}

}  // namespace headgate_openai
