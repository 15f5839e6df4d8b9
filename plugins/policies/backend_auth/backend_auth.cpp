// backendAuth: with which key the gateway shows itself to a provider. One key per place in the
// configuration; where it stands in the request is the provider's affair unless a location is set.

#include <headgate/location.hpp>
#include <headgate/plugin.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace {

class BackendAuth final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "headgate.policy.backend-auth",
    "kind": "policy",
    "key": "backendAuth",
    "version": "0.1.0",
    "summary": "The key that a provider is asked with",
    "stage": "transform",
    "phases": ["attempt"],
    "body": "none",
    "credential": true,
    "levels": ["listener", "route", "backend", "provider"],
    "schema": {
      "type": "object",
      "additionalProperties": false,
      "minProperties": 1,
      "maxProperties": 1,
      "properties": {
        "key": {
          "oneOf": [
            {"type": "string", "format": "secret", "minLength": 1},
            {
              "type": "object",
              "additionalProperties": false,
              "required": ["value"],
              "properties": {
                "value": {"type": "string", "format": "secret", "minLength": 1},
                "location": {"$ref": "#/$defs/location"}
              }
            }
          ]
        },
        "passthrough": {"type": ["object", "null"], "additionalProperties": false},
        "gcp": {"type": ["object", "null"], "description": "Not supported yet"},
        "aws": {"type": ["object", "null"], "description": "Not supported yet"},
        "azure": {"type": ["object", "null"], "description": "Not supported yet"}
      },
      "$defs": {
        "location": )" HG_LOCATION_SCHEMA R"(
      }
    }
  })";
  static constexpr std::uint32_t kNeeds = hg::kCredential;

  explicit BackendAuth(const hg::Config& config) {
    for (const std::string_view cloud : {"gcp", "aws", "azure"})
      if (config[cloud].json().exists()) config[cloud].fault("not supported yet");
    const hg::Config key = config["key"];
    if (!key.exists()) return;
    const hg::Config value = key.json().is_object() ? key["value"] : key;
    value_ = value.text("");
    const bool printable = std::all_of(value_.begin(), value_.end(), [](char c) {
      return static_cast<unsigned char>(c) > 0x20 && c != 0x7F;
    });
    if (value_.empty() || !printable)
      value.fault("the key is empty or has a space or a control byte in it");
    if (key.json().is_object()) location_ = hg::Location::read(key["location"]);
  }

  hg::Action on_attempt(hg::Call& call) const {
    if (value_.empty()) return hg::Action::proceed;  // passthrough: the client's own goes on
    hg::Credential credential;
    credential.kind = hg::CredentialKind::key;
    credential.value = value_;
    credential.place = location_.place;
    credential.name = location_.name;
    credential.prefix = location_.prefix;
    return call.set_credential(credential) ? hg::Action::proceed : hg::Action::abort;
  }

 private:
  std::string value_;  // empty: passthrough
  hg::Location location_;
};

}  // namespace

HG_MODULE(BackendAuth)
