#pragma once
// What a bundle may be at most. Bundles come from outside: each of these is checked before the
// bytes that would break it are read or kept. [any]

#include <cstddef>
#include <cstdint>

namespace headgate::bundle {

struct Limits {
  std::uint64_t archive_bytes_max = 128u << 20;  // of the .hgb
  std::uint64_t file_bytes_max = 256u << 20;     // of one file in it
  std::uint64_t total_bytes_max = 512u << 20;    // of all files in it, unpacked
  // Unpacked to packed. What is smaller than the slack is not judged: a short text packs well.
  std::uint64_t ratio_max = 200;
  std::uint64_t ratio_slack_bytes = 4u << 20;
  std::uint32_t entries_max = 1024;            // of the archive, folders included
  std::uint64_t manifest_bytes_max = 1 << 20;  // of bundle.toml
};

inline constexpr std::size_t kPathBytesMax = 200;
inline constexpr std::size_t kPathDepthMax = 8;
inline constexpr std::size_t kPluginsMax = 64;

}  // namespace headgate::bundle
