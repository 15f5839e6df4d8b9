#pragma once
// Who could have put something else in the place of a file: asked of everything that the program
// takes code or keys from. [any]

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace headgate {

struct FileOwner {
  std::uint32_t user = 0;
  std::uint32_t mode = 0;  // permission bits, with the sticky one
};

// Of what is open, or of what lies at the path, which may be a link. `code` is that of the error.
Result<FileOwner> owner_of(int descriptor, const std::string& path, std::string_view code);
Result<FileOwner> owner_of(const std::string& path, std::string_view code);

// What is looked at, or a folder above it: there it is enough that only owners may rename what lies
// in it (sticky).
enum class FileRole : std::uint8_t { itself, above };

enum class OwnerRisk : std::uint8_t { none, group_writes, others_write, other_user };

// The worst that can be said. `trusted`: users besides root and that of this process.
OwnerRisk owner_risk(const FileOwner& owner, FileRole role,
                     std::span<const std::uint32_t> trusted = {});

// In words that follow the path: "can be written by its group (chmod g-w)"; empty for none.
std::string describe(OwnerRisk risk, const FileOwner& owner);

}  // namespace headgate
