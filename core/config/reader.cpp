#include "core/config/reader.hpp"

#include <algorithm>
#include <utility>

namespace headgate::config {

namespace {

std::string quote(std::string_view word) {
  return "'" + std::string(word) + "'";
}

std::string join(std::span<const std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) {
    if (!out.empty()) out += ", ";
    out += quote(word);
  }
  return out;
}

// A value as it may be shown: short, and nothing that came out of a variable.
std::string shown(const Node& scalar) {
  constexpr std::size_t kLongest = 60;
  if (scalar.expanded) return {};
  if (scalar.text.size() > kLongest) return {};
  return ", not " + quote(scalar.text);
}

bool contains(std::span<const std::string> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Whether a variable in it was not defined, or the like, which was reported when it was parsed.
bool has_faulty(const Node& node) {
  const auto is_faulty = [](const Member& member) { return has_faulty(member.value); };
  return node.faulty || std::any_of(node.items.begin(), node.items.end(), has_faulty) ||
         std::any_of(node.members.begin(), node.members.end(), is_faulty);
}

}  // namespace

void Reader::report(Position position, const std::string& path, std::string message) {
  context_.faults.push_back({context_.document->file, position, path, std::move(message)});
}

void Reader::fault(std::string_view pointer, std::string message) {
  report(node_.at_pointer(pointer), std::move(message));
}

void Reader::fault(const PlacedText& text, std::string message) {
  report(text.position, text.path, std::move(message));
}

void Reader::title(std::string_view kind, std::string_view name) {
  if (!name.empty()) what_ = std::string(kind) + " " + quote(name);
}

void Reader::finish() {
  for (const Member& member : node_.members) {
    if (contains(known_, member.key)) continue;
    report(member.position, member.value.path,
           "unknown key " + quote(member.key) + " in " + what_ + suggestion(member.key, known_));
  }
}

const Node* Reader::take_key(const Key& key) {
  known_.emplace_back(key.name);
  const Node* node = node_.find(key.name);
  if (node) return node->faulty ? nullptr : node;
  if (key.required) report(node_, "missing key " + quote(key.name) + " in " + what_);
  return nullptr;
}

const Node* Reader::take_map(const Key& key) {
  const Node* node = take_key(key);
  if (!node || node->is_map() || node->is_null()) return node;
  report(*node, quote(key.name) + " must be a map");
  return nullptr;
}

const Node* Reader::take_list(const Key& key) {
  const Node* node = take_key(key);
  if (!node) return nullptr;
  if (!node->is_list()) {
    report(*node, quote(key.name) + " must be a list");
    return nullptr;
  }
  if ((key.required || key.not_empty) && node->items.empty()) {
    report(*node, quote(key.name) + " in " + what_ + " must not be empty");
  }
  return node;
}

void Reader::take_scalar(const Node& node, const std::string& name, const ScalarForm& form,
                         const Take& take) {
  if (node.faulty) return;
  if (!node.is_scalar()) {
    report(node, name + " must be " + form.expects);
  } else if (node.is_null()) {
    report(node, name + " has no value; it must be " + form.expects);
  } else if (contains(form.unsupported, node.text)) {
    report(node,
           name + ": " + quote(node.text) + " is not supported yet; it must be " + form.expects);
  } else if (!take(node)) {
    report(node, name + " must be " + form.expects + shown(node) +
                     suggestion(node.expanded ? std::string_view() : node.text, form.choices));
  }
}

void Reader::value(const Key& key, const ScalarForm& form, const Take& take) {
  if (const Node* node = take_key(key)) take_scalar(*node, quote(key.name), form, take);
}

void Reader::values(const Key& key, const ScalarForm& form, const Take& take_one) {
  const Node* node = take_list(key);
  if (!node) return;
  for (const Node& item : node->items) take_scalar(item, quote(item.label()), form, take_one);
}

void Reader::named_values(const Key& key, const ScalarForm& form, const NamedTake& take) {
  const Node* node = take_map(key);
  if (!node) return;
  for (const Member& member : node->members) {
    take_scalar(member.value, quote(member.key), form,
                [&](const Node& scalar) { return take(scalar, member.key); });
  }
}

void Reader::read_map(const Node& node, const Inside& inside) {
  Reader reader(context_, node, quote(node.label()));
  inside(reader);
  reader.finish();
}

void Reader::map(const Key& key, const Inside& inside) {
  if (const Node* node = take_map(key)) read_map(*node, inside);
}

void Reader::list(const Key& key, const Inside& inside) {
  const Node* node = take_list(key);
  if (!node) return;
  for (const Node& item : node->items) {
    if (item.faulty) continue;
    if (item.is_map() || item.is_null()) {
      read_map(item, inside);
    } else {
      report(item, quote(item.label()) + " must be a map");
    }
  }
}

void Reader::entries(const Key& key, const NamedInside& inside) {
  const Node* node = take_map(key);
  if (!node) return;
  for (const Member& member : node->members) {
    const Node& value = member.value;
    if (value.is_map() || value.is_null()) {
      read_map(value, [&](Fields& fields) { inside(fields, member.key); });
    } else if (!value.faulty) {
      report(value, quote(member.key) + " must be a map");
    }
  }
}

void Reader::exactly_one(std::span<const std::string_view> keys) {
  std::vector<std::string_view> there;
  for (const std::string_view key : keys) {
    if (node_.find(key)) there.push_back(key);
  }
  if (there.empty()) report(node_, "missing key in " + what_ + ": one of " + join(keys));
  if (there.size() > 1) {
    const Member* second = node_.find_member(there[1]);
    report(second->position, second->value.path,
           "only one of " + join(there) + " may be in " + what_);
  }
}

void Reader::form(std::string_view marker, const Inside& with, const Inside& without) {
  if (node_.find(marker)) {
    with(*this);
    return;
  }
  without(*this);
  known_.emplace_back(marker);  // for suggestions: the other form may have been meant
}

const ParsedSchema& Reader::schema_of(const PluginKey& plugin) {
  const auto [place, is_new] = context_.schemas.try_emplace(&plugin);
  if (is_new && !plugin.schema.empty()) place->second = parse_schema(plugin.schema);
  return place->second;
}

PluginConfig Reader::plugin_config(const PluginKey& plugin, const Node& node) {
  TypedNodes typed;
  const ParsedSchema& schema = schema_of(plugin);
  if (!schema.error.empty()) {
    report(node, "the schema of plugin " + quote(plugin.id) + " is wrong: " + schema.error);
  } else if (schema.rules) {
    Validation validation = validate(node, *schema.rules, context_.environment);
    for (ConfigFault& each : validation.faults) {
      each.file = context_.document->file;
      context_.faults.push_back(std::move(each));
    }
    context_.files.insert(validation.files.begin(), validation.files.end());
    typed = std::move(validation.typed);
  }
  const bool empty = node.is_null();
  return PluginConfig(context_.document, &node, empty ? "{}" : to_json(node, typed, false),
                      empty ? "{}" : to_json(node, typed, true));
}

void Reader::accept(const PluginKey& plugin, const PluginConfig& config, const Node& node,
                    std::size_t faults_before) {
  if (context_.faults.size() != faults_before || has_faulty(node)) return;
  context_.accepted.push_back({plugin.kind == PluginKey::Kind::provider, plugin.id, config});
}

void Reader::provider_plugin(const Key& key, std::string& chosen, std::string& id,
                             PluginConfig& config) {
  const Node* node = take_map(key);
  if (!node) return;
  const std::vector<std::string> keys = context_.plugins.keys(PluginKey::Kind::provider);
  if (node->members.size() != 1) {
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    report(*node, quote(key.name) + " must have exactly one key, one of " + join(views));
    return;
  }
  const Member& member = node->members.front();
  const PluginKey* plugin = context_.plugins.find(PluginKey::Kind::provider, member.key);
  if (!plugin) {
    report(member.position, member.value.path,
           "unknown provider " + quote(member.key) + suggestion(member.key, keys));
    return;
  }
  chosen = member.key;
  id = plugin->id;
  const std::size_t faults_before = context_.faults.size();
  config = plugin_config(*plugin, member.value);
  accept(*plugin, config, member.value, faults_before);
}

void Reader::policy_plugins(std::vector<PluginPolicy>& policies) {
  for (const PluginKey& plugin : context_.plugins.entries()) {
    if (plugin.kind != PluginKey::Kind::policy || plugin.key.empty()) continue;
    // A key that is described already is the engine's, whatever a plugin says.
    if (contains(known_, plugin.key)) continue;
    known_.push_back(plugin.key);
    const Node* node = node_.find(plugin.key);
    if (!node || node->faulty) continue;
    const std::size_t faults_before = context_.faults.size();
    policies.push_back({plugin.key, plugin.id, plugin_config(plugin, *node)});
    accept(plugin, policies.back().config, *node, faults_before);
  }
}

const PluginKey* Reader::plugin_at(const Node& use, const std::string& path) {
  const PluginPath* found = context_.plugins.find_path(path);
  if (!found) {
    report(use, quote(path) + " is not loaded: the configuration changed while it was read");
    return nullptr;
  }
  if (!found->fault.empty()) {
    report(use, found->fault);
    return nullptr;
  }
  return context_.plugins.find_policy_id(found->id);
}

const PluginKey* Reader::used_plugin(const Node& use, const std::string& written) {
  const PluginKeys& plugins = context_.plugins;
  if (written.front() == '/') {
    switch (plugins.path_use()) {
      case PathUse::refused:
        report(use, quote(written) +
                        " is a path: name the plugin by its id, and put the folder of its file in "
                        "config.plugins.path or install a bundle; or let files be named by their "
                        "paths with config.plugins.allowPaths, which is read at the start");
        return nullptr;
      case PathUse::collected:
        context_.plugin_paths.insert(written);
        return nullptr;
      case PathUse::known:
        return plugin_at(use, written);
    }
  }
  const PluginKey* plugin = plugins.find_policy_id(written);
  if (plugin) return plugin;
  if (written.find('/') != std::string::npos || written.ends_with(".so")) {
    report(use, quote(written) +
                    " is not an absolute path: a plugin is named by its id, or by where its file "
                    "is from the root on, as what else it is would depend on where the gateway was "
                    "started");
    return nullptr;
  }
  report(use,
         "unknown policy plugin " + quote(written) + suggestion(written, plugins.policy_ids()));
  return nullptr;
}

void Reader::read_attached(const Node& item, std::vector<PluginPolicy>& policies) {
  std::string written;
  const Node* config = nullptr;
  OnError on_error = OnError::fail;
  read_map(item, [&](Fields& fields) {
    text(fields, {"use", "", true}, written,
         {.expects = "the id of a policy plugin or the absolute path of its file"});
    Reader& reader = static_cast<Reader&>(fields);
    config = reader.take_key({"config", ""});
    static constexpr Choice<OnError> kOnError[] = {{"fail", OnError::fail},
                                                   {"continue", OnError::go_on}};
    choice(fields, {"onError", ""}, kOnError, on_error);
  });
  if (written.empty()) return;
  const PluginKey* plugin = used_plugin(*item.find("use"), written);
  if (!plugin) return;
  const std::size_t faults_before = context_.faults.size();
  PluginPolicy policy{"", plugin->id, {}};
  policy.on_error = on_error;
  const Node& place = item.at_pointer("/onError");
  policy.on_error_place = {context_.document->file, place.position, place.path, ""};
  if (config) {
    policy.config = plugin_config(*plugin, *config);
  } else {
    // Nothing was written, and the schema may still ask for something: said at the entry.
    Node nothing;
    nothing.position = item.position;
    nothing.path = item.path;
    nothing.label_begin = item.label_begin;
    plugin_config(*plugin, nothing);
    policy.config = PluginConfig(context_.document, &item, "{}", "{}");
  }
  accept(*plugin, policy.config, config ? *config : item, faults_before);
  policies.push_back(std::move(policy));
}

void Reader::plugins_by_id(const Key& key, std::vector<PluginPolicy>& policies) {
  const Node* node = take_list(key);
  if (!node) return;
  for (const Node& item : node->items) {
    if (item.is_map()) {
      read_attached(item, policies);
    } else if (!item.faulty) {
      report(item, quote(item.label()) + " must be a map such as {use: ID, config: {...}}");
    }
  }
}

void Reader::check_file(std::string_view key, const std::string& path) {
  const FileContent content = context_.environment.read_file(path);
  context_.files.insert(path);
  if (!content.text) {
    report(node_.at_pointer("/" + std::string(key)),
           "cannot read " + quote(path) + ": " + content.error);
  }
}

}  // namespace headgate::config
