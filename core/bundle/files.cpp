#include "core/bundle/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "core/base/file_owner.hpp"

namespace headgate::bundle {

namespace {

namespace fs = std::filesystem;

Result<void> trust(const Result<FileOwner>& owner, const std::string& path, FileRole role) {
  if (!owner) return owner.error();
  const OwnerRisk risk = owner_risk(*owner, role);
  if (risk == OwnerRisk::none) return {};
  return gateway_error("bundle_owner", path + " " + describe(risk, *owner));
}

}  // namespace

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  OpenFile old(descriptor_);
  descriptor_ = other.release();
  return *this;
}

OpenFile::~OpenFile() {
  if (is_open()) close(descriptor_);
}

int OpenFile::release() {
  return std::exchange(descriptor_, -1);
}

Error file_error(const std::string& path) {
  return gateway_error("bundle_file", path + ": " + std::strerror(errno));
}

Result<std::string> read_whole(const std::string& path, std::uint64_t bytes_max) {
  // Not blocking: a pipe in its place must not hold the program up.
  const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return file_error(path);
  return read_whole(file, path, bytes_max);
}

Result<std::string> read_whole(const OpenFile& file, const std::string& path,
                               std::uint64_t bytes_max) {
  struct stat status{};
  if (fstat(file.descriptor(), &status) != 0) return file_error(path);
  if (!S_ISREG(status.st_mode)) return gateway_error("bundle_file", path + ": not a regular file");
  const auto too_large = [&] {
    return gateway_error("bundle_too_large",
                         path + ": larger than " + std::to_string(bytes_max) + " bytes");
  };
  if (static_cast<std::uint64_t>(status.st_size) > bytes_max) return too_large();
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = pread(file.descriptor(), content.data() + size, content.size() - size,
                              static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error(path);
    if (got == 0) break;  // it became shorter
    size += static_cast<std::size_t>(got);
  }
  content.resize(size);
  return content;
}

Result<void> write_all(const OpenFile& file, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(file.descriptor(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return file_error(path);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> write_new_file(const std::string& path, std::string_view content, std::uint32_t mode) {
  const OpenFile file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file.is_open()) return file_error(path);
  if (auto written = write_all(file, path, content); !written) return written;
  // The mask of the process may have taken bits away, and never adds any.
  if (fchmod(file.descriptor(), mode) != 0 || fsync(file.descriptor()) != 0) {
    return file_error(path);
  }
  return {};
}

Result<void> replace_file(const std::string& path, std::string_view content, std::uint32_t mode) {
  const std::string beside = path + ".new-" + std::to_string(getpid());
  unlink(beside.c_str());
  auto written = write_new_file(beside, content, mode);
  if (written && rename(beside.c_str(), path.c_str()) != 0) written = file_error(path);
  if (!written) unlink(beside.c_str());
  return written;
}

Result<void> check_owner(const OpenFile& file, const std::string& path) {
  return trust(owner_of(file.descriptor(), path, "bundle_file"), path, FileRole::itself);
}

Result<void> check_folder_owners(const std::string& folder) {
  std::error_code error;
  const fs::path canonical = fs::canonical(folder, error);
  if (error) return gateway_error("bundle_file", folder + ": " + error.message());
  FileRole role = FileRole::itself;
  for (fs::path each = canonical;; each = each.parent_path()) {
    const std::string path = each.string();
    if (auto checked = trust(owner_of(path, "bundle_file"), path, role); !checked) return checked;
    if (each == each.parent_path()) return {};
    role = FileRole::above;
  }
}

}  // namespace headgate::bundle
