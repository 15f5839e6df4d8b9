#pragma once
// A world of the test's own: variables, files, and plugins with small schemas.

#include <map>
#include <string>

#include "core/config/config.hpp"

namespace headgate::config {

struct World {
  std::map<std::string, std::string, std::less<>> variables;
  std::map<std::string, std::string> files;

  Environment environment() const {
    Environment environment;
    environment.variable = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    };
    environment.read_file = [this](const std::string& path) -> FileContent {
      const auto found = files.find(path);
      if (found == files.end()) return {std::nullopt, "No such file or directory"};
      return {found->second, {}};
    };
    return environment;
  }
};

inline PluginKeys test_plugins() {
  constexpr const char* kModelOnly = R"({"type": "object", "additionalProperties": false,
    "properties": {"model": {"type": "string", "minLength": 1}}})";
  using Kind = PluginKey::Kind;
  PluginKeys keys;
  keys.add({Kind::provider, "openAI", "test.openai", kModelOnly});
  keys.add({Kind::provider, "gemini", "test.gemini", kModelOnly});
  keys.add({Kind::policy, "backendAuth", "test.backend-auth", R"({"type": "object",
    "additionalProperties": false, "required": ["key"],
    "properties": {"key": {"type": "string", "format": "secret", "minLength": 1}}})"});
  keys.add({Kind::policy, "health", "test.health", R"({"type": "object",
    "additionalProperties": false, "properties": {"eviction": {"type": "object",
      "additionalProperties": false, "properties": {
        "duration": {"type": "string"},
        "maxDuration": {"type": "string"}, "consecutiveFailures": {"type": "integer", "minimum": 1}}}}})"});
  keys.add({Kind::policy, "", "test.nameless", R"({"type": "object", "required": ["rate"],
    "additionalProperties": false, "properties": {"rate": {"type": "number"}}})"});
  return keys;
}

// The faults of a text, as an operator sees them.
inline std::string faults_of(const std::string& text, const World& world = {}) {
  return to_string(load_config(text, "config.yaml", test_plugins(), world.environment()).faults);
}

}  // namespace headgate::config
