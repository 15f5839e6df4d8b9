#include "core/bundle/installed.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include "core/bundle/digest.hpp"

namespace headgate::bundle {

namespace {

namespace fs = std::filesystem;

class FolderReader {
 public:
  FolderReader(const std::string& folder, const Limits& limits)
      : folder_(folder), limits_(limits) {}

  Result<InstalledBundle> read(const std::string& sha256) {
    if (auto owners = check_folder_owners(folder_); !owners) return owners.error();
    bundle_.folder = folder_;
    if (auto read = read_manifest_file(sha256); !read) return read.error();
    if (auto walked = check_entries(); !walked) return walked.error();
    for (const BundleFile& file : bundle_.manifest.files) {
      if (auto checked = check_file(file); !checked) return checked.error();
    }
    return std::move(bundle_);
  }

 private:
  Result<void> read_manifest_file(const std::string& sha256) {
    const std::string path = folder_ + "/" + std::string(kManifestName);
    const OpenFile file = open_file(path);
    if (!file.is_open()) return file_error(path);
    if (auto owner = check_owner(file, path); !owner) return owner;
    const Result<std::string> text = read_whole(file, path, limits_.manifest_bytes_max);
    if (!text) return text.error();
    bundle_.sha256 = bundle::sha256(*text);
    if (bundle_.sha256 != sha256) {
      return gateway_error("bundle_hash", path + " has the hash " + bundle_.sha256 +
                                              " and not that of the installed bundle, " + sha256);
    }
    Result<Manifest> manifest = read_manifest(*text, limits_);
    if (!manifest) return manifest.error();
    bundle_.manifest = std::move(*manifest);
    return {};
  }

  // Nothing may lie there that is not listed: a library finds others beside itself.
  Result<void> check_entries() const {
    std::error_code error;
    std::uint32_t entries = 0;
    for (fs::recursive_directory_iterator it(folder_, error), end; !error && it != end;
         it.increment(error)) {
      const std::string path = it->path().string();
      if (++entries > limits_.entries_max) {
        return gateway_error("bundle_too_large", folder_ + ": too many files");
      }
      const std::string inside = it->path().lexically_relative(folder_).string();
      const fs::file_status status = it->symlink_status(error);
      if (error) break;
      if (fs::is_symlink(status)) return gateway_error("bundle_link", path + " is a link");
      if (fs::is_directory(status)) {
        if (auto owners = check_subfolder(path); !owners) return owners;
      } else if (!fs::is_regular_file(status)) {
        return gateway_error("bundle_special", path + " is neither a file nor a folder");
      } else if (inside != kManifestName && bundle_.manifest.find(inside) == nullptr) {
        return gateway_error("bundle_unlisted", path + " is not listed in bundle.toml");
      }
    }
    if (error) return gateway_error("bundle_file", folder_ + ": " + error.message());
    return {};
  }

  Result<void> check_subfolder(const std::string& path) const {
    const OpenFile open_folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!open_folder.is_open()) return file_error(path);
    return check_owner(open_folder, path);
  }

  Result<void> check_file(const BundleFile& listed) {
    const std::string path = folder_ + "/" + listed.path;
    OpenFile file = open_file(path);
    if (!file.is_open()) {
      if (errno != ENOENT) return file_error(path);
      return gateway_error("bundle_missing", path + " is listed in bundle.toml and not there");
    }
    if (auto owner = check_owner(file, path); !owner) return owner;
    const Result<std::string> content = read_whole(file, path, limits_.file_bytes_max);
    if (!content) return content.error();
    if (content->size() != listed.size || sha256(*content) != listed.sha256) {
      return gateway_error("bundle_hash", path + " is not the file that bundle.toml lists");
    }
    const auto& plugins = bundle_.manifest.plugins;
    const bool has_plugins =
        std::any_of(plugins.begin(), plugins.end(),
                    [&listed](const BundlePlugin& plugin) { return plugin.file == listed.path; });
    if (has_plugins) {
      bundle_.libraries.push_back({std::move(file), path, listed.sha256});
    }
    return {};
  }

  static OpenFile open_file(const std::string& path) {
    return OpenFile(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  }

  const std::string folder_;
  const Limits& limits_;
  InstalledBundle bundle_;
};

}  // namespace

Result<InstalledBundle> open_installed(const std::string& folder, const std::string& sha256,
                                       const Limits& limits) {
  return FolderReader(folder, limits).read(sha256);
}

}  // namespace headgate::bundle
