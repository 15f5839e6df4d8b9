#include <dlfcn.h>
#include <elf.h>
#include <openssl/evp.h>

#include <array>
#include <boost/dll/shared_library.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>

#include "core/base/hex.hpp"
#include "core/plugin/call.hpp"
#include "core/plugin/host.hpp"
#include "core/plugin/module.hpp"

namespace headgate::plugin {

namespace {

namespace fs = std::filesystem;

// RTLD_NODELETE has no name in Boost.DLL, which hands the mode to dlopen as it is.
constexpr auto kLoadMode = static_cast<boost::dll::load_mode::type>(
    static_cast<int>(boost::dll::load_mode::rtld_now) |
    static_cast<int>(boost::dll::load_mode::rtld_local) | RTLD_NODELETE);

// A library that was copied in part: the loader would map what is not there and crash on it.
std::string cut_fault(std::ifstream& file, const Elf64_Ehdr& head, std::uint64_t size) {
  constexpr std::string_view kCut = "the file is cut short";
  const auto inside = [size](std::uint64_t at, std::uint64_t bytes) {
    return at <= size && bytes <= size - at;
  };
  if (!inside(head.e_shoff, std::uint64_t{head.e_shnum} * head.e_shentsize)) {
    return std::string(kCut);
  }
  for (std::uint32_t i = 0; i < head.e_phnum; ++i) {
    Elf64_Phdr segment{};
    file.seekg(static_cast<std::streamoff>(head.e_phoff + std::uint64_t{i} * head.e_phentsize));
    if (!file.read(reinterpret_cast<char*>(&segment), sizeof(segment))) return std::string(kCut);
    if (segment.p_type == PT_LOAD && !inside(segment.p_offset, segment.p_filesz)) {
      return std::string(kCut);
    }
  }
  return "";
}

// Why the file cannot be a library, as far as can be said without running any of its code; empty if
// nothing speaks against it.
std::string file_fault(const std::string& path) {
  if (path.empty() || path.front() != '/') return "the path must be absolute";
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return "file not found";
  if (!fs::is_regular_file(status)) return "not a regular file";
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr head{};
  if (!file.read(reinterpret_cast<char*>(&head), sizeof(head))) {
    return file.eof() ? "not a shared library (no ELF header)" : "the file cannot be read";
  }
  if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) {
    return "not a shared library (no ELF header)";
  }
  if (head.e_ident[EI_CLASS] != ELFCLASS64) return "not a 64-bit library";
  return cut_fault(file, head, fs::file_size(path, error));
}

// The major in the name of what a library exports instead of our symbol, or nothing.
std::optional<std::uint32_t> other_major(const boost::dll::shared_library& library) {
  constexpr std::uint32_t kMajorsTried = 16;
  for (std::uint32_t major = 1; major < kMajorsTried; ++major) {
    if (library.has("hg_module_v" + std::to_string(major))) return major;
  }
  return std::nullopt;
}

std::string version_text(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

std::string our_version() {
  return version_text(HG_ABI_MAJOR, HG_ABI_MINOR);
}

// A table of the plugin's as long as the gateway knows it, the rest NULL.
template <class T>
T whole(const T* theirs, std::uint32_t known) {
  T table{};
  std::memcpy(&table, theirs, std::min(theirs->size, known));
  table.size = known;
  return table;
}

// Checks one library step by step; each step adds its faults.
class Loader {
 public:
  Loader(const LibraryFile& library, Host& host)
      : path_(library.path),
        opened_as_(library.descriptor < 0 ? library.path
                                          : "/proc/self/fd/" + std::to_string(library.descriptor)),
        host_(host) {
    module_.path = path_;
    module_.sha256 = library.sha256;
  }

  LoadedModule load() {
    if (std::string fault = file_fault(opened_as_); !fault.empty()) return refuse(fault);
    if (module_.sha256.empty()) module_.sha256 = file_sha256(opened_as_);

    std::error_code error;
    dlerror();
    boost::dll::shared_library library;
    library.load(opened_as_, error, kLoadMode);
    if (error) {
      const char* text = dlerror();
      return refuse(without_path(text != nullptr ? text : error.message()));
    }
    mapped_ = true;
    const hg_module* module = call_module(library);
    if (module == nullptr) return finish();
    for (std::uint32_t i = 0; i < module->plugin_count; ++i) add_plugin(module->plugins[i], i);
    return finish();
  }

 private:
  // dlerror begins with the path, which a fault's message has in front already.
  std::string without_path(std::string text) const {
    if (text.starts_with(opened_as_ + ": ")) text.erase(0, opened_as_.size() + 2);
    return text;
  }

  void fault(const std::string& reason) {
    faults_.push_back(LoadFault{path_, "plugin " + path_ + ": " + reason});
  }
  LoadedModule refuse(const std::string& reason) {
    fault(reason);
    return finish();
  }
  LoadedModule finish() {
    LoadedModule result;
    if (faults_.empty()) {
      result.module = std::move(module_);
    } else if (mapped_) {
      result.mapped_sha256 = module_.sha256;
    }
    result.faults = std::move(faults_);
    return result;
  }

  const hg_module* call_module(const boost::dll::shared_library& library) {
    if (!library.has(HG_MODULE_SYMBOL)) {
      if (const auto major = other_major(library)) {
        fault("built for another ABI: it has major " + std::to_string(*major) +
              ", this gateway has " + our_version());
      } else {
        fault("not a plugin: it does not export " HG_MODULE_SYMBOL);
      }
      return nullptr;
    }
    const auto entry = &library.get<const hg_module*(const hg_host*) noexcept>(HG_MODULE_SYMBOL);
    const std::string label = fs::path(path_).filename().string();
    const hg_module* module = entry(host_.make(label));
    if (module == nullptr) {
      fault("the library does not work with this gateway (ABI " + our_version() + ")");
      return nullptr;
    }
    return good_module(*module) ? module : nullptr;
  }

  bool good_module(const hg_module& module) {
    if (!HG_HAS(&module, hg_module, abi_minor)) {
      fault("the module's table is too short to be one");
    } else if (module.abi_major != HG_ABI_MAJOR || module.abi_minor != HG_ABI_MINOR) {
      fault("built for another ABI: it has " + version_text(module.abi_major, module.abi_minor) +
            ", this gateway has " + our_version());
    } else if (!HG_HAS(&module, hg_module, plugins) || module.plugins == nullptr ||
               module.plugin_count == 0) {
      fault("the library lists no plugin");
    } else if (module.plugin_count > kPluginsPerModuleMax) {
      fault("the library lists " + std::to_string(module.plugin_count) + " plugins; at most " +
            std::to_string(kPluginsPerModuleMax) + " are possible");
    } else {
      return true;
    }
    return false;
  }

  void add_plugin(const hg_plugin* theirs, std::uint32_t index) {
    const std::string which = "its plugin " + std::to_string(index) + ": ";
    if (theirs == nullptr || !HG_HAS(theirs, hg_plugin, api)) {
      return fault(which + "the table is missing or too short");
    }
    if (theirs->kind < HG_KIND_PROVIDER || theirs->kind > HG_KIND_DIALECT) {
      return fault(which + "unknown kind " + std::to_string(theirs->kind));
    }
    const Kind kind = static_cast<Kind>(theirs->kind - HG_KIND_PROVIDER);
    if (theirs->manifest.ptr == nullptr) return fault(which + "there is no manifest");
    ReadManifest read = read_manifest(view(theirs->manifest), kind);
    for (const std::string& wrong : read.faults) fault(which + wrong);
    if (!read.manifest) return;

    auto plugin = std::make_unique<Plugin>();
    plugin->manifest = std::move(*read.manifest);
    plugin->manifest_json = view(theirs->manifest);
    plugin->path = module_.path;
    plugin->sha256 = module_.sha256;
    if (const std::string wrong = take_tables(*theirs, *plugin); !wrong.empty()) {
      return fault(plugin->id() + ": " + wrong);
    }
    plugin->host = host_.make(plugin->id(), plugin->manifest.metrics);
    module_.plugins.push_back(std::move(plugin));
  }

  // What a function's absence would make impossible, or empty.
  static std::string take_tables(const hg_plugin& theirs, Plugin& plugin) {
    if (theirs.instance == nullptr || theirs.api == nullptr) return "a table is missing";
    plugin.instance = whole(theirs.instance, HG_END_OF(hg_instance_api, on_background));
    if (!plugin.instance.create) return "has no create()";
    switch (plugin.kind()) {
      case Kind::provider:
        plugin.provider = whole(static_cast<const hg_provider_api*>(theirs.api),
                                HG_END_OF(hg_provider_api, on_tail));
        return missing_in(plugin.provider);
      case Kind::policy:
        plugin.policy =
            whole(static_cast<const hg_policy_api*>(theirs.api), HG_END_OF(hg_policy_api, probe));
        return missing_in(plugin.policy, plugin.manifest.policy);
      case Kind::dialect:
        plugin.dialect =
            whole(static_cast<const hg_dialect_api*>(theirs.api), HG_END_OF(hg_dialect_api, join));
        return missing_in(plugin.dialect, plugin.manifest.dialect);
    }
    return "";
  }

  static std::string missing_in(const hg_provider_api& api) {
    if (!api.target) return "has no target()";
    if (!api.build) return "has no build()";
    return "";
  }

  static std::string missing_in(const hg_policy_api& api, const PolicyManifest& manifest) {
    struct Need {
      std::uint32_t phase;
      bool there;
      const char* name;
    };
    const std::array<Need, 7> needs = {{
        {kPhaseRequest, api.on_request != nullptr, "on_request"},
        {kPhaseAttempt, api.on_attempt != nullptr, "on_attempt"},
        {kPhaseOutcome, api.on_outcome != nullptr, "on_outcome"},
        {kPhaseResponse, api.on_response != nullptr, "on_response"},
        {kPhaseEvent, api.on_event != nullptr, "on_event"},
        {kPhaseComplete, api.on_complete != nullptr, "on_complete"},
        {kPhaseJudge, api.judge != nullptr, "judge"},
    }};
    for (const Need& need : needs) {
      if (manifest.has_phase(need.phase) && !need.there) {
        return "its manifest lists the phase of " + std::string(need.name) +
               "(), which it does not have";
      }
    }
    return "";
  }

  static std::string missing_in(const hg_dialect_api& api, const DialectManifest& manifest) {
    if (!api.error) return "has no error()";
    for (const DialectRoute& route : manifest.routes) {
      if (route.answered && !api.answer) return "has an answered route and no answer()";
    }
    if (manifest.neutral) return "";
    if (!api.to_neutral) return "is not neutral and has no to_neutral()";
    if (!api.from_neutral_body) return "is not neutral and has no from_neutral_body()";
    if (manifest.event_framing != HG_FRAMING_WHOLE && !api.from_neutral_event) {
      return "is not neutral, has streams and no from_neutral_event()";
    }
    return "";
  }

  const std::string path_;
  const std::string opened_as_;
  Host& host_;
  Module module_;
  bool mapped_ = false;
  std::vector<LoadFault> faults_;
};

}  // namespace

std::string file_sha256(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                       &EVP_MD_CTX_free);
  if (!file || !digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) return {};
  std::vector<char> block(64 * 1024);
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    EVP_DigestUpdate(digest.get(), block.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(digest.get(), bytes.data(), &length);
  return hexadecimal(std::span(bytes).first(length));
}

LoadedModule load_module(const LibraryFile& library, Host& host) {
  return Loader(library, host).load();
}

}  // namespace headgate::plugin
