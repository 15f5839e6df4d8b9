#include "foreign.hpp"

#include <headgate/json_view.hpp>

#include <algorithm>
#include <array>

#include "json_cuts.hpp"

namespace headgate_openai {
namespace {

using hg::JsonView;
using hg::llm::Dropped;

constexpr std::string_view kGateways = "headgate";

// As the neutral form and other makers have them: thoughts, signatures of thoughts, and pictures
// that the model made.
constexpr std::array<std::string_view, 3> kForeign = {"extra_content", "images",
                                                      "reasoning_content"};

class Cleaner {
 public:
  Cleaner(JsonCuts& cuts, bool own_host, Dropped& dropped)
      : cuts_(cuts), own_host_(own_host), dropped_(dropped) {}

  // A client's own data (schemas, metadata) may have members of any name, so only places that the
  // neutral form knows are looked at.
  void clean_request(const JsonView& request) {
    cuts_.keep_members(request, [&](std::string_view name, const JsonView& value) {
      if (name == kGateways) return leave_out("", name);
      if (name == "messages") {
        value.each_element([&](JsonView message) {
          clean(message, "messages", own_host_ && message["role"].equals("assistant"));
        });
      } else if (name == "tools") {
        value.each_element([&](JsonView tool) { clean(tool, "tools", false); });
      } else if (name == "tool_choice") {
        clean(value, name, false);
      }
      return true;
    });
  }

 private:
  // `path` is what the members are called in the header, "messages". `foreign`: members of other
  // makers are left out as well as the gateway's.
  void clean(const JsonView& object, std::string_view path, bool foreign) {
    cuts_.keep_members(object, [&](std::string_view name, const JsonView& value) {
      if (is_left_out(name, foreign)) return leave_out(path, name);
      if (name == "content" || name == "tool_calls" || name == "images") {
        const std::string inner = std::string(path) + "." + std::string(name);
        value.each_element([&](JsonView element) { clean(element, inner, foreign); });
      }
      return true;
    });
  }

  bool leave_out(std::string_view path, std::string_view name) {
    if (path.empty()) {
      dropped_.add(name);
    } else {
      dropped_.add(path, name);
    }
    return false;
  }

  static bool is_left_out(std::string_view name, bool foreign) {
    return name == kGateways ||
           (foreign && std::find(kForeign.begin(), kForeign.end(), name) != kForeign.end());
  }

  JsonCuts& cuts_;
  bool own_host_;
  Dropped& dropped_;
};

}  // namespace

bool may_hold_foreign(std::string_view messages) {
  return messages.find("_content\"") != std::string_view::npos ||
         messages.find("\"images\"") != std::string_view::npos;
}

std::optional<std::string> without_foreign(std::string_view body, bool own_host, Dropped& dropped) {
  JsonCuts cuts(body);
  Cleaner(cuts, own_host, dropped).clean_request(JsonView(body));
  return cuts.result();
}

}  // namespace headgate_openai
