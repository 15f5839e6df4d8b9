#pragma once
// The part of the file that belongs to a plugin: as the JSON text that the plugin is given, and as
// the nodes it came from, so that what the plugin says about `/keys/0/key` is shown at its line.
// [main] to make; immutable afterwards.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/config/node.hpp"

namespace headgate::config {

class PluginConfig {
 public:
  // An empty configuration (`{}`) that stands nowhere, for what is attached without being written.
  PluginConfig() = default;
  PluginConfig(std::shared_ptr<const Document> document, const Node* node, std::string json,
               std::string redacted);

  // Compact JSON in the order of the file. Types are those that the plugin's schema asks for;
  // variables and secret files are in it, so it is never logged: use redacted() for that.
  const std::string& json() const { return json_; }
  // The same with "***" in place of every secret.
  const std::string& redacted() const { return redacted_; }

  Position position() const { return node_ ? node_->position : Position{}; }
  std::string_view path() const { return node_ ? std::string_view(node_->path) : ""; }

  // A fault of this configuration, as its plugin reports it: pointer and message.
  ConfigFault fault_at(std::string_view json_pointer, std::string message) const;

 private:
  std::shared_ptr<const Document> document_;
  const Node* node_ = nullptr;  // in document_
  std::string json_ = "{}";
  std::string redacted_ = "{}";
};

// A configuration that the schema of its plugin accepts, in a file that has faults elsewhere.
struct AcceptedPlugin {
  bool is_provider = false;
  std::string id;  // the plugin's
  PluginConfig config;
};

// What becomes of a request whose policy fails.
enum class OnError : std::uint8_t {
  fail,   // it fails, or in an attempt the provider is left out
  go_on,  // it goes on without the policy
};

// A policy plugin as attached at one place.
struct PluginPolicy {
  std::string key;  // `policies: {KEY: ...}`; empty when attached by id
  std::string id;   // the plugin's id
  PluginConfig config;
  OnError on_error = OnError::fail;
  ConfigFault on_error_place = {};  // where that is written, without a message
};

}  // namespace headgate::config
