#include "foreign.hpp"

#include <headgate/llm/json_writer.hpp>

#include <algorithm>
#include <array>

namespace headgate_openai {
namespace {

using hg::JsonView;
using hg::llm::Dropped;
using hg::llm::JsonWriter;

constexpr std::string_view kGateways = "headgate";

// As the neutral form and other makers have them: thoughts, signatures of thoughts, and pictures
// that the model made.
constexpr std::array<std::string_view, 3> kForeign = {"extra_content", "images",
                                                      "reasoning_content"};

class Copier {
 public:
  // `foreign`: members of other makers are left out as well as the gateway's.
  Copier(JsonWriter& json, Dropped& dropped, bool foreign)
      : json_(json), dropped_(dropped), foreign_(foreign) {}

  // `path` is what the members are called in the header, "messages".
  void copy(const JsonView& object, std::string_view path) {
    if (!object.is_object()) {
      json_.raw(object.raw());
      return;
    }
    json_.open('{');
    object.each_member([&](std::string_view name, JsonView value) {
      if (is_left_out(name)) return dropped_.add(path, name);
      json_.name(name);
      if (name == "tool_calls" && value.is_array()) return copy_each(value, "messages.tool_calls");
      if (name == "content" && value.is_array()) return copy_each(value, "messages.content");
      json_.raw(value.raw());
    });
    json_.close('}');
  }

 private:
  void copy_each(const JsonView& list, std::string_view path) {
    json_.open('[');
    list.each_element([&](JsonView element) { copy(element, path); });
    json_.close(']');
  }
  bool is_left_out(std::string_view name) const {
    return name == kGateways ||
           (foreign_ && std::find(kForeign.begin(), kForeign.end(), name) != kForeign.end());
  }

  JsonWriter& json_;
  Dropped& dropped_;
  bool foreign_;
};

}  // namespace

bool may_hold_foreign(std::string_view messages) {
  return messages.find("_content\"") != std::string_view::npos ||
         messages.find("\"images\"") != std::string_view::npos ||
         messages.find("\"headgate\"") != std::string_view::npos;
}

std::string without_foreign(const JsonView& messages, bool own_host, Dropped& dropped) {
  std::string out;
  JsonWriter json(out);
  json.open('[');
  messages.each_element([&](JsonView message) {
    const bool answered = message["role"].equals("assistant");
    Copier(json, dropped, own_host && answered).copy(message, "messages");
  });
  json.close(']');
  return out;
}

}  // namespace headgate_openai
