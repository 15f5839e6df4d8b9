// apiKey: who may call. The keys are the gateway's own; the one that a client shows ends here and
// never reaches a provider.

#include <headgate/plugin.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "key_table.hpp"
#include "shown_key.hpp"

namespace {

using headgate_api_key::KeyEntry;
using headgate_api_key::ShownKey;

enum class Mode { strict, optional, permissive };

class ApiKey final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "headgate.policy.api-key",
    "kind": "policy",
    "key": "apiKey",
    "version": "0.1.0",
    "summary": "Who may call, by keys of the gateway's own",
    "stage": "authenticate",
    "phases": ["request"],
    "body": "none",
    "levels": ["listener", "route", "backend"],
    "dryRun": true,
    "schema": {
      "type": "object",
      "additionalProperties": false,
      "required": ["keys"],
      "properties": {
        "keys": {
          "type": "array",
          "items": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "key": {"type": "string", "format": "secret", "minLength": 1},
              "keyHash": {"type": "string"},
              "metadata": {"type": "object"},
              "allowedModels": {"type": "array", "items": {"type": "string", "minLength": 1}}
            }
          }
        },
        "mode": {"enum": ["strict", "optional", "permissive"], "default": "strict"},
        "location": )" HG_LOCATION_SCHEMA R"(
      }
    }
  })";
  static constexpr std::uint32_t kNeeds = hg::kCrypto | hg::kCredential;

  explicit ApiKey(const hg::Config& config)
      : keys_(config["keys"]), location_(hg::Location::read(config["location"])) {
    const std::string mode = config["mode"].text("strict");
    if (mode == "optional") {
      mode_ = Mode::optional;
    } else if (mode == "permissive") {
      mode_ = Mode::permissive;
    } else if (mode != "strict") {
      config["mode"].fault("must be strict, optional or permissive");
    }
  }

  hg::Action on_request(hg::Call& call) const {
    const std::optional<ShownKey> shown = headgate_api_key::shown_key(call, location_);
    if (!shown) {
      if (mode_ != Mode::strict) return hg::Action::proceed;
      return call.respond_error(401, "missing_api_key", "An API key is required");
    }
    const KeyEntry* entry = keys_.find(shown->key);
    if (entry == nullptr) {
      if (mode_ == Mode::permissive) return hg::Action::proceed;
      call.consume_credential(shown->header);  // meant for us also when it is wrong
      return call.respond_error(401, "invalid_api_key", "The API key is not valid");
    }
    if (!call.consume_credential(shown->header)) return hg::Action::abort;
    call.set_attribute("auth.method", "\"apiKey\"");
    call.set_attribute("auth.subject", entry->subject);
    call.set_attribute("auth.metadata", entry->metadata);
    return entry->any_model ? hg::Action::proceed : check_model(call, *entry);
  }

 private:
  static hg::Action check_model(hg::Call& call, const KeyEntry& entry) {
    const hg::Facets facets = call.facets();
    // The gateway's own list of models names nothing that a provider would be asked for.
    if (facets.operation == "models" || facets.operation == "model") return hg::Action::proceed;
    if (entry.allows(facets.model)) return hg::Action::proceed;
    return call.respond_error(403, "model_not_allowed", reason(facets));
  }
  static std::string reason(const hg::Facets& facets) {
    if (!facets.model.empty())
      return "This API key may not use the model '" + std::string(facets.model) + "'";
    if (!facets.operation.empty()) return "This API key needs a model to be named";
    return "This API key is for certain models only, and which one this request asks for cannot "
           "be known";
  }

  headgate_api_key::KeyTable keys_;
  hg::Location location_;
  Mode mode_ = Mode::strict;
};

}  // namespace

HG_MODULE(ApiKey)
