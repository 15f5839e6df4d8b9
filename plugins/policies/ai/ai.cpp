// ai: what a request asks for, as the operator wants it: model names, defaults and overrides. What
// its `routes` say of paths is read by the gateway itself.

#include <headgate/plugin.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model_aliases.hpp"

namespace {

class Ai final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "headgate.policy.ai",
    "kind": "policy",
    "key": "ai",
    "version": "0.1.0",
    "summary": "Model aliases, defaults and overrides of what a request asks for",
    "stage": "transform",
    "phases": ["request"],
    "body": "none",
    "levels": ["listener", "route", "backend"],
    "pathTypes": "routes",
    "dryRun": true,
    "schema": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "modelAliases": {
          "type": "object",
          "additionalProperties": {"type": "string", "minLength": 1}
        },
        "defaults": {"type": "object"},
        "overrides": {"type": "object"},
        "prompts": {"description": "Not supported yet"},
        "promptGuard": {"description": "Not supported yet"},
        "promptCaching": {"description": "Not supported yet"},
        "routes": {
          "type": "object",
          "maxProperties": 64,
          "additionalProperties": {"type": "string", "minLength": 1},
          "description": "What is asked under which path, where the paths of the API formats are not it"
        },
        "transformations": {"description": "Not supported yet"}
      }
    }
  })";

  explicit Ai(const hg::Config& config) : aliases_(config["modelAliases"]) {
    for (const std::string_view later :
         {"prompts", "promptGuard", "promptCaching", "transformations"})
      if (config[later].json().exists()) config[later].fault("not supported yet");
    read(config["defaults"], defaults_);
    read(config["overrides"], overrides_);
  }

  hg::Action on_request(hg::Call& call) const {
    const hg::Facets facets = call.facets();
    hg::Message request = call.request();
    // What is set here is about chats: an embedding has neither their members nor their models.
    if (facets.operation != "chat" || request.body().empty()) return hg::Action::proceed;

    std::string model(facets.model);
    for (const Value& value : defaults_)
      if (!has(request, value, model)) apply(request, value, model);
    for (const Value& value : overrides_) apply(request, value, model);
    if (const std::string* alias = aliases_.find(model)) set_model(request, *alias, model);
    return hg::Action::proceed;
  }

 private:
  struct Value {
    std::string pointer;
    std::string json;
    std::optional<std::string> model;  // where it is the model, decoded
  };

  static void read(const hg::Config& config, std::vector<Value>& into) {
    config.each_member([&](std::string_view name, const hg::Config& value) {
      Value read;
      read.pointer = value.pointer().substr(config.pointer().size());
      read.json = value.json().raw();
      if (name == "model") {
        read.model = value.text("");
        if (read.model->empty()) value.fault("must be the name of a model");
      }
      into.push_back(std::move(read));
    });
  }
  static bool has(hg::Message request, const Value& value, const std::string& model) {
    return value.model ? !model.empty() : request.json(value.pointer).has_value();
  }
  // A body that is no JSON object is left for the provider to refuse.
  static void apply(hg::Message request, const Value& value, std::string& model) {
    if (value.model) {
      set_model(request, *value.model, model);
    } else {
      request.set_json(value.pointer, value.json);
    }
  }
  // Where the dialect keeps its model; a request that has none yet gets it in its body.
  static void set_model(hg::Message request, const std::string& to, std::string& model) {
    if (to == model) return;
    if (request.set_model(to) || (model.empty() && request.set_text("/model", to))) model = to;
  }

  headgate_ai::ModelAliases aliases_;
  std::vector<Value> defaults_;
  std::vector<Value> overrides_;
};

}  // namespace

HG_MODULE(Ai)
