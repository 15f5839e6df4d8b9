#include "core/bundle/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/bundle/names.hpp"
#include "core/bundle/toml_reader.hpp"

namespace headgate::bundle {

namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kTextBytesMax = 200;

// A line of text that is shown on a terminal as it is.
bool is_line(std::string_view text) {
  return !text.empty() && text.size() <= kTextBytesMax &&
         std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
         });
}

AbiVersion read_abi(TomlTable& table, std::string_view name) {
  const std::string text = table.text(name);
  AbiVersion version;
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec == std::errc() && major.ptr != end && *major.ptr == '.') {
    const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
    if (minor.ec == std::errc() && minor.ptr == end) return version;
  }
  table.fault(quote(name) + " must be a version of the ABI such as \"0.1\"");
  return {};
}

BundleFile read_file(TomlTable table) {
  BundleFile file;
  file.path = table.text("path");
  file.size = table.number("size");
  file.sha256 = table.text("sha256");
  table.finish();
  if (const std::string wrong = path_fault(file.path); !wrong.empty()) {
    table.fault("the path " + quote(file.path) + " " + wrong);
  }
  if (file.path == kManifestName) table.fault(quote(file.path) + " cannot list itself");
  if (!is_sha256(file.sha256)) table.fault("'sha256' must be 64 hexadecimal digits");
  return file;
}

BundlePlugin read_plugin(TomlTable table) {
  BundlePlugin plugin;
  plugin.id = table.text("id");
  plugin.kind = table.text("kind");
  plugin.key = table.text_or("key", "");
  plugin.file = table.text("file");
  plugin.manifest = table.text("manifest");
  table.finish();
  if (!is_line(plugin.id)) table.fault("'id' must be a plugin's id");
  if (!plugin.key.empty() && !is_line(plugin.key)) table.fault("'key' must be a plugin's key");
  if (plugin.kind != "provider" && plugin.kind != "policy" && plugin.kind != "dialect") {
    table.fault("'kind' must be provider, policy or dialect");
  }
  return plugin;
}

// What holds between the parts.
std::string fault_between(const Manifest& manifest, const Limits& limits) {
  std::set<std::string_view> paths;
  std::uint64_t total = 0;
  for (const BundleFile& file : manifest.files) {
    if (!paths.insert(file.path).second) return "the file " + quote(file.path) + " is listed twice";
    if (file.size > limits.file_bytes_max || (total += file.size) > limits.total_bytes_max) {
      return "the files are larger than a bundle may be (" +
             std::to_string(limits.file_bytes_max >> 20) + " MiB each, " +
             std::to_string(limits.total_bytes_max >> 20) + " MiB together)";
    }
  }
  for (const std::string_view path : paths) {
    for (std::size_t at = 0; (at = path.find('/', at)) != std::string_view::npos; ++at) {
      if (paths.contains(path.substr(0, at))) {
        return quote(path.substr(0, at)) + " is listed as a file and used as a folder";
      }
    }
  }
  if (manifest.plugins.empty()) return "there is no [[plugin]]";
  std::set<std::string_view> ids;
  for (const BundlePlugin& plugin : manifest.plugins) {
    if (!ids.insert(plugin.id).second) return "the plugin " + quote(plugin.id) + " is listed twice";
    if (manifest.find(plugin.file) == nullptr) {
      return "the plugin " + quote(plugin.id) + " is in " + quote(plugin.file) +
             ", which is not listed as a file";
    }
  }
  return "";
}

std::string fault_of_names(const Manifest& manifest) {
  if (const std::string wrong = name_fault(manifest.name); !wrong.empty()) {
    return "the name " + quote(manifest.name) + " " + wrong;
  }
  if (const std::string wrong = version_fault(manifest.version); !wrong.empty()) {
    return "the version " + quote(manifest.version) + " " + wrong;
  }
  if (!is_line(manifest.license)) return "'license' must be one line, such as Apache-2.0";
  if (!name_fault(manifest.platform).empty()) return "'platform' must be a name";
  if (manifest.abi_max < manifest.abi_min) return "[abi]: max is below min";
  return "";
}

}  // namespace

std::string AbiVersion::to_string() const {
  return std::to_string(major) + "." + std::to_string(minor);
}

const BundleFile* Manifest::find(std::string_view path) const {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [path](const BundleFile& file) { return file.path == path; });
  return found == files.end() ? nullptr : &*found;
}

std::string Manifest::file_name() const {
  return name + "-" + version + "-" + platform + ".hgb";
}

Result<Manifest> read_manifest(std::string_view toml, const Limits& limits) {
  constexpr std::string_view kCode = "bundle_manifest";
  const std::string prefix = std::string(kManifestName) + ": ";
  if (toml.size() > limits.manifest_bytes_max) {
    return gateway_error(
        "bundle_too_large",
        prefix + "the file is larger than " + std::to_string(limits.manifest_bytes_max) + " bytes");
  }
  Result<TomlDocument> document = TomlDocument::parse(toml, kCode);
  if (!document) {
    return gateway_error(kCode, std::string(kManifestName) + ":" + document.error().message);
  }
  TomlTable root = document->root();
  const std::uint64_t format = root.number("format");
  if (document->fault().empty() && format != kFormat) {
    root.fault("the format is " + std::to_string(format) + ", and this gateway reads 1");
  }
  Manifest manifest;
  manifest.name = root.text("name");
  manifest.version = root.text("version");
  manifest.license = root.text("license");
  manifest.platform = root.text("platform");
  TomlTable abi = root.table("abi");
  manifest.abi_min = read_abi(abi, "min");
  manifest.abi_max = read_abi(abi, "max");
  abi.finish();
  for (TomlTable& table : root.tables("file", limits.entries_max)) {
    manifest.files.push_back(read_file(std::move(table)));
  }
  for (TomlTable& table : root.tables("plugin", kPluginsMax)) {
    manifest.plugins.push_back(read_plugin(std::move(table)));
  }
  root.finish();
  if (!document->fault().empty()) return gateway_error(kCode, prefix + document->fault());
  std::string wrong = fault_of_names(manifest);
  if (wrong.empty()) wrong = fault_between(manifest, limits);
  if (!wrong.empty()) return gateway_error(kCode, prefix + wrong);
  return manifest;
}

std::string write_manifest(const Manifest& manifest) {
  std::string text;
  const auto line = [&text](std::string_view name, std::string_view value) {
    text.append(name).append(" = ").append(toml_quoted(value)).append("\n");
  };
  text += "format = " + std::to_string(kFormat) + "\n";
  line("name", manifest.name);
  line("version", manifest.version);
  line("license", manifest.license);
  line("platform", manifest.platform);
  text += "\n[abi]\n";
  line("min", manifest.abi_min.to_string());
  line("max", manifest.abi_max.to_string());
  for (const BundleFile& file : manifest.files) {
    text += "\n[[file]]\n";
    line("path", file.path);
    text += "size = " + std::to_string(file.size) + "\n";
    line("sha256", file.sha256);
  }
  for (const BundlePlugin& plugin : manifest.plugins) {
    text += "\n[[plugin]]\n";
    line("id", plugin.id);
    line("kind", plugin.kind);
    if (!plugin.key.empty()) line("key", plugin.key);
    line("file", plugin.file);
    line("manifest", plugin.manifest);
  }
  return text;
}

Result<void> check_fits(const Manifest& manifest, AbiVersion abi, std::string_view platform) {
  const std::string which = manifest.name + " " + manifest.version;
  if (manifest.platform != platform) {
    return gateway_error("bundle_platform", which + " is for " + manifest.platform +
                                                ", and this is " + std::string(platform));
  }
  if (abi < manifest.abi_min || manifest.abi_max < abi) {
    return gateway_error("bundle_abi", which + " is for the plugin ABI " +
                                           manifest.abi_min.to_string() + " to " +
                                           manifest.abi_max.to_string() +
                                           ", and this gateway has " + abi.to_string());
  }
  return {};
}

}  // namespace headgate::bundle
