// responseHeaderModifier: changes headers of what the client gets, whoever answered.

#include <headgate/header_edits.hpp>
#include <headgate/plugin.hpp>

#include <string_view>

namespace {

class ResponseHeaderModifier final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "headgate.policy.response-header-modifier",
    "kind": "policy",
    "key": "responseHeaderModifier",
    "version": "0.1.0",
    "summary": "Changes headers of what the client gets",
    "stage": "transform",
    "phases": ["response"],
    "body": "none",
    "levels": ["listener", "route", "backend"],
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

  explicit ResponseHeaderModifier(const hg::Config& config) : edits_(config) {}

  hg::Action on_response(hg::Call& call) const {
    return edits_.apply(call.response()) ? hg::Action::proceed : hg::Action::abort;
  }

 private:
  hg::HeaderEdits edits_;
};

}  // namespace

HG_MODULE(ResponseHeaderModifier)
