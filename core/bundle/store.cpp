#include "core/bundle/store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "core/bundle/names.hpp"

namespace headgate::bundle {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kIndexBytesMax = 1 << 20;
constexpr std::uint64_t kKeyBytesMax = 16 * 1024;
constexpr std::string_view kTemporary = ".unpacking-";
constexpr std::string_view kLockName = ".lock";

Result<void> make_folders(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) return {};
  if (folder.has_parent_path()) {
    if (auto above = make_folders(folder.parent_path()); !above) return above;
  }
  // Whatever the mask of the process is: what others may write to is not loaded from.
  if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return file_error(folder.string());
  if (chmod(folder.c_str(), 0755) != 0) return file_error(folder.string());
  return {};
}

// A folder that is gone at the end, unless it was renamed.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& root)
      : path_(root + "/" + std::string(kTemporary) + "XXXXXX") {
    good_ = mkdtemp(path_.data()) != nullptr;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code error;
    if (good_) fs::remove_all(path_, error);
  }
  bool good() const { return good_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool good_ = false;
};

// Writes what is read into a folder.
class FolderSink final : public FileSink {
 public:
  FolderSink(std::string folder, const InstallOptions& options)
      : folder_(std::move(folder)), options_(options) {}

  Result<void> manifest(const Manifest& manifest, std::string_view text) override {
    if (auto fits = check_fits(manifest, options_.abi, options_.platform); !fits) return fits;
    return write_new_file(folder_ + "/" + std::string(kManifestName), text, 0644);
  }

  Result<void> begin(const BundleFile& file) override {
    path_ = folder_ + "/" + file.path;
    if (auto made = make_folders(fs::path(path_).parent_path()); !made) return made;
    file_ =
        OpenFile(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!file_.is_open()) return file_error(path_);
    return {};
  }

  Result<void> write(std::string_view bytes) override { return write_all(file_, path_, bytes); }

  Result<void> end() override {
    if (fchmod(file_.descriptor(), 0644) != 0 || fsync(file_.descriptor()) != 0) {
      return file_error(path_);
    }
    file_ = OpenFile();
    return {};
  }

 private:
  std::string folder_;
  const InstallOptions& options_;
  std::string path_;
  OpenFile file_;
};

bool has_pin(const std::vector<Pin>& pins, const std::string& name, const std::string& sha256) {
  return std::any_of(pins.begin(), pins.end(),
                     [&](const Pin& pin) { return pin.name == name && pin.sha256 == sha256; });
}

}  // namespace

Result<std::vector<Pin>> Store::installed() const {
  const std::string path = root_ + "/" + std::string(kIndexName);
  const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) {
    if (errno == ENOENT) return std::vector<Pin>();
    return file_error(path);
  }
  if (auto owner = check_owner(file, path); !owner) return owner.error();
  const Result<std::string> text = read_whole(file, path, kIndexBytesMax);
  if (!text) return text.error();
  Result<std::vector<Pin>> pins = read_pins(*text, PinFile::index);
  if (!pins) return gateway_error("bundle_index", path + ": " + pins.error().message);
  return pins;
}

std::string Store::folder_of(const Pin& pin) const {
  return root_ + "/" + pin.name + "/" + pin.sha256;
}

Result<std::vector<PublicKey>> Store::trusted_keys() const {
  std::vector<PublicKey> keys;
  const std::string folder = root_ + "/" + std::string(kTrustedKeysName);
  std::error_code error;
  if (!fs::exists(folder, error)) {
    // A folder that cannot be looked at may hold keys.
    if (error) return gateway_error("bundle_file", folder + ": " + error.message());
    return keys;
  }
  if (auto owners = check_folder_owners(folder); !owners) return owners.error();
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".pub") continue;
    const std::string path = it->path().string();
    const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open()) return file_error(path);
    if (auto owner = check_owner(file, path); !owner) return owner.error();
    const Result<std::string> text = read_whole(file, path, kKeyBytesMax);
    if (!text) return text.error();
    const Result<PublicKey> key = read_public_key(*text);
    if (!key) return gateway_error("bundle_key", path + ": " + key.error().message);
    keys.push_back(*key);
  }
  if (error) return gateway_error("bundle_file", folder + ": " + error.message());
  return keys;
}

Result<OpenFile> Store::lock() const {
  const std::string path = root_ + "/" + std::string(kLockName);
  OpenFile file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file.is_open()) return file_error(path);
  if (flock(file.descriptor(), LOCK_EX | LOCK_NB) == 0) return file;
  return gateway_error("bundle_busy", root_ + " is being changed by another command");
}

Result<Pin> Store::install(std::string_view archive, const InstallOptions& options) {
  if (auto made = make_folders(root_); !made) return made.error();
  if (auto owners = check_folder_owners(root_); !owners) return owners.error();
  const Result<OpenFile> locked = lock();
  if (!locked) return locked.error();
  Result<std::vector<Pin>> pins = installed();
  if (!pins) return pins.error();

  const TemporaryFolder unpacked(root_);
  if (!unpacked.good()) return file_error(unpacked.path());
  FolderSink sink(unpacked.path(), options);
  const Result<ReadBundle> read = read_archive(archive, sink);
  if (!read) return read.error();
  const Manifest& manifest = read->manifest;
  const Pin pin{manifest.name, manifest.version, manifest.platform, read->sha256, true};
  const Pin* there = find_pin(*pins, {pin.name, pin.version});
  if (there != nullptr && there->sha256 != pin.sha256 && !options.replace) {
    return gateway_error("bundle_version",
                         pin.name + " " + pin.version + " is installed with another content (" +
                             there->sha256 +
                             "); a version stands for one content: give the new one another "
                             "version, or say --replace");
  }
  if (auto placed = put_in_place(unpacked.path(), pin); !placed) return placed.error();
  activate(*pins, pin);
  const std::string index = root_ + "/" + std::string(kIndexName);
  if (auto kept = replace_file(index, write_pins(*pins, PinFile::index)); !kept) {
    return kept.error();
  }
  return pin;
}

Result<void> Store::put_in_place(const std::string& unpacked, const Pin& pin) const {
  const std::string folder = folder_of(pin);
  if (chmod(unpacked.c_str(), 0755) != 0) return file_error(unpacked);
  if (auto made = make_folders(fs::path(folder).parent_path()); !made) return made;
  std::error_code error;
  if (fs::exists(folder, error)) {
    if (open_installed(folder, pin.sha256)) return {};
    // Damaged: it goes the way of the temporary ones.
    const TemporaryFolder old(root_);
    if (!old.good()) return file_error(old.path());
    if (rename(folder.c_str(), (old.path() + "/damaged").c_str()) != 0) return file_error(folder);
  }
  if (rename(unpacked.c_str(), folder.c_str()) != 0) return file_error(folder);
  return {};
}

Result<Pin> Store::find(std::string_view text) const {
  const Result<Reference> reference = read_reference(text);
  if (!reference) return reference.error();
  const Result<std::vector<Pin>> pins = installed();
  if (!pins) return pins.error();
  if (const Pin* pin = find_pin(*pins, *reference)) return *pin;
  std::string others;
  for (const Pin& pin : *pins) {
    if (pin.name == reference->name) others += (others.empty() ? "" : ", ") + pin.version;
  }
  std::string message = "the bundle '" + std::string(text) + "' is not installed in " + root_;
  if (!others.empty()) message += " (there are the versions " + others + ")";
  return gateway_error("bundle_not_installed", message + "; 'headgate bundle install' does it");
}

Result<std::vector<std::string>> Store::collect(const std::vector<Pin>& keep, bool dry) {
  std::vector<std::string> removed;
  std::error_code error;
  if (!fs::exists(root_, error)) return removed;
  const Result<OpenFile> locked = lock();
  if (!locked) return locked.error();
  Result<std::vector<Pin>> pins = installed();
  if (!pins) return pins.error();
  std::erase_if(*pins, [&keep](const Pin& pin) {
    return !pin.active && !has_pin(keep, pin.name, pin.sha256);
  });
  // The index first: what it names must be there.
  if (!dry) {
    const std::string index = root_ + "/" + std::string(kIndexName);
    if (auto kept = replace_file(index, write_pins(*pins, PinFile::index)); !kept) {
      return kept.error();
    }
  }
  for (const fs::directory_entry& name : fs::directory_iterator(root_, error)) {
    const std::string file_name = name.path().filename().string();
    if (file_name.starts_with(kTemporary)) removed.push_back(name.path().string());
    if (!name.is_directory() || !name_fault(file_name).empty()) continue;
    for (const fs::directory_entry& folder : fs::directory_iterator(name.path(), error)) {
      const std::string sha256 = folder.path().filename().string();
      if (is_sha256(sha256) && !has_pin(*pins, file_name, sha256) &&
          !has_pin(keep, file_name, sha256)) {
        removed.push_back(folder.path().string());
      }
    }
  }
  if (error) return gateway_error("bundle_file", root_ + ": " + error.message());
  for (const std::string& path : removed) {
    if (!dry) fs::remove_all(path, error);
    if (error) return gateway_error("bundle_file", path + ": " + error.message());
  }
  return removed;
}

Result<void> check_signature(std::span<const PublicKey> trusted, std::string_view signature,
                             std::string_view bytes) {
  if (trusted.empty()) return {};
  if (signature.empty()) {
    return gateway_error("bundle_unsigned", "there is no signature, and there are trusted keys");
  }
  const Result<Signature> read = read_signature(signature);
  if (!read) return read.error();
  return verify(trusted, *read, bytes);
}

}  // namespace headgate::bundle
