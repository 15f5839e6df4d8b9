// requestHeaderModifier: changes headers of what goes to the provider. It works on each attempt's
// own copy, behind the allow-list of client headers: what is added here does reach the provider.

#include <headgate/header_edits.hpp>
#include <headgate/plugin.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace {

class RequestHeaderModifier final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "headgate.policy.request-header-modifier",
    "kind": "policy",
    "key": "requestHeaderModifier",
    "version": "0.1.0",
    "summary": "Changes headers of what goes to the provider",
    "stage": "transform",
    "phases": ["attempt"],
    "body": "none",
    "levels": ["listener", "route", "backend", "provider"],
    "schema": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "add": {"type": "object", "additionalProperties": {"type": "string"}},
        "set": {"type": "object", "additionalProperties": {"type": "string"}},
        "remove": {"type": "array", "items": {"type": "string", "minLength": 1}}
      }
    }
  })";

  explicit RequestHeaderModifier(const hg::Config& config) : edits_(config) {
    for (const std::string_view list : {"add", "set"})
      config[list].each_member(
          [](std::string_view name, const hg::Config& at) { check(name, at); });
    config["remove"].each_element([](const hg::Config& name) { check(name.text(""), name); });
  }

  hg::Action on_attempt(hg::Call& call) const {
    return edits_.apply(call.upstream()) ? hg::Action::proceed : hg::Action::abort;
  }

 private:
  // There would be two of them.
  static void check(std::string_view name, const hg::Config& where) {
    constexpr std::string_view kOwn = "accept-encoding";
    const auto lower = [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    };
    if (name.size() == kOwn.size() && std::equal(name.begin(), name.end(), kOwn.begin(),
                                                 [&](char a, char b) { return lower(a) == b; })) {
      where.fault("'" + std::string(name) +
                  "' is set by the gateway, which has to read the answers, and cannot be changed");
    }
  }

  hg::HeaderEdits edits_;
};

}  // namespace

HG_MODULE(RequestHeaderModifier)
