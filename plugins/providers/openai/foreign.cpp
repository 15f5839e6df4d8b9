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
    if (!leaves_out_of(object)) {
      json_.raw(object.raw());
      return;
    }
    json_.open('{');
    object.each_member([&](std::string_view name, JsonView value) {
      if (is_left_out(name)) return dropped_.add(path, name);
      json_.name(name);
      if (has_objects(name, value)) {
        copy_each(value, std::string(path) + "." + std::string(name));
      } else {
        json_.raw(value.raw());
      }
    });
    json_.close('}');
  }

 private:
  void copy_each(const JsonView& list, const std::string& path) {
    json_.open('[');
    list.each_element([&](JsonView element) { copy(element, path); });
    json_.close(']');
  }
  bool leaves_out_of(const JsonView& object) const {
    bool found = false;
    object.each_member([&](std::string_view name, JsonView value) {
      found = found || is_left_out(name);
      if (found || !has_objects(name, value)) return;
      value.each_element([&](JsonView element) { found = found || leaves_out_of(element); });
    });
    return found;
  }
  // Lists in a message whose elements are looked at as well.
  static bool has_objects(std::string_view name, const JsonView& value) {
    return (name == "tool_calls" || name == "content") && value.is_array();
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
         messages.find("\"images\"") != std::string_view::npos;
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

std::string without_reserved(const JsonView& tools, Dropped& dropped) {
  std::string out;
  JsonWriter json(out);
  json.open('[');
  tools.each_element([&](JsonView tool) { Copier(json, dropped, false).copy(tool, "tools"); });
  json.close(']');
  return out;
}

}  // namespace headgate_openai
