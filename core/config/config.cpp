#include "core/config/config.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/config/fields.hpp"
#include "core/config/reader.hpp"
#include "core/config/yaml_loader.hpp"

namespace headgate::config {

namespace {

// So many faults are shown; a file that has more has one cause for most of them.
constexpr std::size_t kFaultsMax = 200;

void check_ports(Fields& fields, const std::vector<BindConfig>& binds) {
  std::map<std::uint16_t, Position> ports;
  for (std::size_t i = 0; i < binds.size(); ++i) {
    const auto [first, is_new] = ports.emplace(binds[i].port, binds[i].position);
    if (is_new) continue;
    fields.fault("/binds/" + std::to_string(i) + "/port",
                 "port " + std::to_string(binds[i].port) + " is bound twice; put its listeners " +
                     "into the bind in line " + std::to_string(first->second.line));
  }
}

// Every scalar that a variable is in.
void collect_expanded(const Node& node, std::vector<std::string_view>& out) {
  // What is shorter is no secret, and would be found inside other words.
  constexpr std::size_t kSecretBytesMin = 8;
  if (node.expanded && node.text.size() >= kSecretBytesMin) out.push_back(node.text);
  for (const Node& item : node.items) collect_expanded(item, out);
  for (const Member& member : node.members) collect_expanded(member.value, out);
}

// Faults show what was written, but never what came out of a variable: a key may have been put
// where a name or a path belongs.
void hide_variables(Faults& faults, const Node& root) {
  std::vector<std::string_view> values;
  collect_expanded(root, values);
  for (ConfigFault& fault : faults) {
    for (const std::string_view value : values) {
      std::size_t at = 0;
      while ((at = fault.message.find(value, at)) != std::string::npos) {
        fault.message.replace(at, value.size(), "***");
      }
    }
  }
}

Faults in_order(Faults faults, const std::string& file) {
  sort_by_place(faults);
  if (faults.size() > kFaultsMax) {
    const std::size_t more = faults.size() - kFaultsMax;
    faults.resize(kFaultsMax);
    faults.push_back({file, {}, {}, "and " + std::to_string(more) + " more"});
  }
  return faults;
}

// Where a variable was not defined, or the like: reported when the text was parsed.
void collect_faulty(const Node& node, std::vector<Position>& out) {
  if (node.faulty) out.push_back(node.position);
  for (const Node& item : node.items) collect_faulty(item, out);
  for (const Member& member : node.members) collect_faulty(member.value, out);
}

}  // namespace

void describe(Fields& fields, Config& config) {
  part(fields, {"config", "Settings of the program, read at its start only."}, config.fixed);
  part(fields, {"frontendPolicies", "Limits of what clients may send."}, config.frontend);
  parts(fields, {"binds", "Ports to listen on.", true}, config.binds);
  check_ports(fields, config.binds);
}

LoadedConfig load_config(std::string_view text, std::string file, const PluginKeys& plugins,
                         const Environment& environment) {
  LoadedConfig loaded;
  ParsedYaml parsed = parse_yaml(text, file, environment.variable, {});
  if (!parsed.document) {
    loaded.faults = in_order(std::move(parsed.faults), file);
    return loaded;
  }
  auto config = std::make_shared<Config>();
  ReadContext context{
      parsed.document, plugins, environment, std::move(parsed.faults), {}, {}, {}, {}};
  const Node& root = parsed.document->root;
  if (root.is_map()) {
    Reader reader(context, root, "the file");
    describe(reader, *config);
    reader.finish();
  } else {
    context.faults.push_back({file, root.position, {}, "the file must be a map with 'binds'"});
  }
  loaded.faults = in_order(std::move(context.faults), file);
  hide_variables(loaded.faults, root);
  loaded.plugin_paths.assign(context.plugin_paths.begin(), context.plugin_paths.end());
  if (!loaded.faults.empty()) loaded.accepted = std::move(context.accepted);
  if (!loaded.faults.empty() || !loaded.plugin_paths.empty()) return loaded;
  config->file = std::move(file);
  config->referenced_files.assign(context.files.begin(), context.files.end());
  loaded.config = std::move(config);
  return loaded;
}

LoadedConfig load_config_file(const std::string& path, const PluginKeys& plugins,
                              const Environment& environment) {
  FileContent content = environment.read_file(path);
  if (content.text) return load_config(*content.text, path, plugins, environment);
  LoadedConfig loaded;
  loaded.faults.push_back({path, {}, {}, "cannot read the file: " + content.error});
  return loaded;
}

LoadedStaticConfig load_static_config(std::string_view text, std::string file,
                                      const Environment& environment) {
  LoadedStaticConfig loaded;
  ParsedYaml parsed = parse_yaml(text, file, environment.variable, {});
  if (!parsed.document) {
    loaded.faults = in_order(std::move(parsed.faults), file);
    return loaded;
  }
  StaticConfig config;
  const PluginKeys no_plugins;
  ReadContext context{parsed.document, no_plugins, environment, {}, {}, {}, {}, {}};
  if (const Node* node = parsed.document->root.find("config")) {
    std::vector<Position> faulty;
    collect_faulty(*node, faulty);
    for (ConfigFault& fault : parsed.faults) {
      const bool inside = std::find(faulty.begin(), faulty.end(), fault.position) != faulty.end();
      if (inside) context.faults.push_back(std::move(fault));
    }
    if (node->is_map()) {
      Reader reader(context, *node, "'config'");
      describe(reader, config);
      reader.finish();
    } else if (!node->is_null()) {
      context.faults.push_back({file, node->position, node->path, "'config' must be a map"});
    }
  }
  loaded.faults = in_order(std::move(context.faults), file);
  hide_variables(loaded.faults, parsed.document->root);
  if (loaded.faults.empty()) loaded.config = std::move(config);
  return loaded;
}

}  // namespace headgate::config
