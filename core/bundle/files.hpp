#pragma once
// The file system as bundles need it: whole files with a bound, writing by exchange, and who may
// have changed what. [main]

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace headgate::bundle {

// An open file; closes it at its end.
class OpenFile {
 public:
  OpenFile() = default;
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  OpenFile(OpenFile&& other) noexcept : descriptor_(other.release()) {}
  OpenFile& operator=(OpenFile&& other) noexcept;
  ~OpenFile();

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  // Gives it up: somebody else closes it, or nobody.
  int release();

 private:
  int descriptor_ = -1;
};

// "PATH: No such file or directory", of errno. Code: bundle_file.
Error file_error(const std::string& path);

// All of a regular file. Code: bundle_file, bundle_too_large.
Result<std::string> read_whole(const std::string& path, std::uint64_t bytes_max);
Result<std::string> read_whole(const OpenFile& file, const std::string& path,
                               std::uint64_t bytes_max);

// Everything, also where the system takes it in parts.
Result<void> write_all(const OpenFile& file, const std::string& path, std::string_view bytes);

// Makes or replaces a file at once: whoever reads it sees the old one or the new one, also after a
// crash.
Result<void> replace_file(const std::string& path, std::string_view content,
                          std::uint32_t mode = 0644);

// Writes a file that must not be there yet.
Result<void> write_new_file(const std::string& path, std::string_view content, std::uint32_t mode);

// Only root and the user of this process can have changed what this is opened on. Code:
// bundle_owner.
Result<void> check_owner(const OpenFile& file, const std::string& path);

// The same of a folder and of those above it, any of whose owners could exchange it. A folder
// above that everybody may write to, but in which only owners may rename (sticky), is good enough.
Result<void> check_folder_owners(const std::string& folder);

}  // namespace headgate::bundle
