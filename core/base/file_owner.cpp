#include "core/base/file_owner.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace headgate {

namespace {

Result<FileOwner> read_owner(int outcome, const struct stat& status, const std::string& path,
                             std::string_view code) {
  if (outcome != 0) return gateway_error(code, path + ": " + std::strerror(errno));
  return FileOwner{status.st_uid, status.st_mode & 07777U};
}

}  // namespace

Result<FileOwner> owner_of(int descriptor, const std::string& path, std::string_view code) {
  struct stat status{};
  const int outcome = fstat(descriptor, &status);
  return read_owner(outcome, status, path, code);
}

Result<FileOwner> owner_of(const std::string& path, std::string_view code) {
  struct stat status{};
  const int outcome = lstat(path.c_str(), &status);
  return read_owner(outcome, status, path, code);
}

OwnerRisk owner_risk(const FileOwner& owner, FileRole role,
                     std::span<const std::uint32_t> trusted) {
  const bool known = owner.user == 0 || owner.user == geteuid() ||
                     std::find(trusted.begin(), trusted.end(), owner.user) != trusted.end();
  if (!known) return OwnerRisk::other_user;
  if (role == FileRole::above && (owner.mode & S_ISVTX) != 0) return OwnerRisk::none;
  if ((owner.mode & S_IWOTH) != 0) return OwnerRisk::others_write;
  if ((owner.mode & S_IWGRP) != 0) return OwnerRisk::group_writes;
  return OwnerRisk::none;
}

std::string describe(OwnerRisk risk, const FileOwner& owner) {
  switch (risk) {
    case OwnerRisk::none:
      return "";
    case OwnerRisk::group_writes:
      return "can be written by its group (chmod g-w)";
    case OwnerRisk::others_write:
      return "can be written by others (chmod go-w)";
    case OwnerRisk::other_user:
      return "belongs to another user (" + std::to_string(owner.user) + ")";
  }
  return "";
}

}  // namespace headgate
