#include "core/cli/loaded_bundles.hpp"

#include <headgate/abi.h>

#include <algorithm>
#include <optional>

#include "core/bundle/names.hpp"
#include "core/bundle/store.hpp"

namespace headgate::cli {

namespace {

constexpr std::uint64_t kLockBytesMax = 1 << 20;

config::ConfigFault fault_at(const std::string& file, const config::PlacedText& place,
                             std::string message) {
  return {file, place.position, place.path, std::move(message)};
}

// What the library was found to hold is what bundle.toml says of it.
std::string difference(const bundle::Manifest& manifest, const plugin::Registry& registry,
                       const bundle::OpenLibrary& library) {
  const auto is_of_library = [&library](const plugin::Plugin* plugin) {
    return plugin->path == library.path;
  };
  const auto& all = registry.all();
  const auto loaded = std::count_if(all.begin(), all.end(), is_of_library);
  std::ptrdiff_t listed = 0;
  for (const bundle::BundlePlugin& each : manifest.plugins) {
    if (!library.path.ends_with("/" + each.file)) continue;
    ++listed;
    const plugin::Plugin* plugin = registry.find(each.id);
    if (plugin == nullptr || !is_of_library(plugin) || plugin->manifest_json != each.manifest ||
        plugin::kind_name(plugin->kind()) != each.kind) {
      return "the plugin '" + each.id + "' is not as bundle.toml describes it";
    }
  }
  return loaded == listed ? "" : library.path + " has plugins that bundle.toml does not list";
}

// Opens, checks and loads one bundle; what is wrong, or empty.
std::string load_one(const bundle::Store& store, const bundle::Pin& pin,
                     plugin::Registry& registry) {
  Result<bundle::InstalledBundle> opened = bundle::open_installed(store.folder_of(pin), pin.sha256);
  if (!opened) return opened.error().message;
  const auto fits = bundle::check_fits(opened->manifest, own_abi(), bundle::current_platform());
  if (!fits) return fits.error().message;
  std::string problems;
  for (bundle::OpenLibrary& library : opened->libraries) {
    registry.add_library({library.path, library.file.release(), library.sha256});
    for (const plugin::LoadFault& fault : registry.take_faults()) {
      problems += (problems.empty() ? "" : "; ") + fault.message;
    }
    if (problems.empty()) problems = difference(opened->manifest, registry, library);
  }
  return problems;
}

}  // namespace

bundle::AbiVersion own_abi() {
  return {HG_ABI_MAJOR, HG_ABI_MINOR};
}

Result<std::vector<bundle::Pin>> read_lock(const std::string& path) {
  const Result<std::string> text = bundle::read_whole(path, kLockBytesMax);
  if (!text) return text.error();
  Result<std::vector<bundle::Pin>> pins = bundle::read_pins(*text, bundle::PinFile::lock);
  if (!pins) {
    return gateway_error("bundle_lock_file", path + ": " + pins.error().message);
  }
  return pins;
}

config::Faults LoadedBundles::load(const config::PluginsConfig& config, const std::string& file,
                                   const std::string& bundle_folder, plugin::Registry& registry) {
  config::Faults faults;
  if (config.bundles.empty()) return faults;
  std::optional<std::vector<bundle::Pin>> lock;
  if (config.lock) {
    Result<std::vector<bundle::Pin>> read = read_lock(config.lock->text);
    if (!read) return {fault_at(file, *config.lock, "the lock file: " + read.error().message)};
    lock = std::move(*read);
  }
  const bundle::Store store(bundle_folder);
  for (const config::PlacedText& named : config.bundles) {
    const Result<bundle::Pin> pin = store.find(named.text);
    if (!pin) {
      faults.push_back(fault_at(file, named, pin.error().message));
      continue;
    }
    // Before a byte of it is looked at: what is not locked is not loaded.
    const auto locked = lock ? bundle::check_lock(*lock, *pin) : Result<void>();
    if (!locked) {
      faults.push_back(fault_at(file, named, locked.error().message));
      continue;
    }
    if (std::string wrong = load_one(store, *pin, registry); !wrong.empty()) {
      faults.push_back(fault_at(file, named, "the bundle '" + named.text + "': " + wrong));
      continue;
    }
    pins_.push_back(*pin);
  }
  return faults;
}

config::Faults LoadedBundles::check_lock(const config::PluginsConfig& config,
                                         const std::string& file) const {
  config::Faults faults;
  if (!config.lock || config.bundles.size() != pins_.size() || pins_.empty()) return faults;
  const Result<std::vector<bundle::Pin>> lock = read_lock(config.lock->text);
  if (!lock) return {fault_at(file, *config.lock, "the lock file: " + lock.error().message)};
  for (std::size_t i = 0; i < pins_.size(); ++i) {
    const auto locked = bundle::check_lock(*lock, pins_[i]);
    if (!locked) faults.push_back(fault_at(file, config.bundles[i], locked.error().message));
  }
  return faults;
}

}  // namespace headgate::cli
