#include "core/plugin/file_trust.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>

#include "core/base/file_owner.hpp"

namespace headgate::plugin {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCode = "plugin_file";

class TrustCheck {
 public:
  explicit TrustCheck(const std::string& program) : program_(program) {
    if (program.empty()) return;
    if (const auto owner = owner_of(program, kCode)) trusted_.push_back(owner->user);
  }

  FileTrust check(const fs::path& path) {
    std::error_code error;
    const fs::path file = fs::canonical(path, error);
    const fs::path folder = error ? fs::path() : fs::canonical(path.parent_path(), error);
    if (error) {
      trust_.refused = error.message();
      return std::move(trust_);
    }
    look_at(file, FileRole::itself);
    look_upwards(file.parent_path());
    // Of a link, who can exchange the link.
    if (folder != file.parent_path()) look_upwards(folder);
    return std::move(trust_);
  }

 private:
  bool has_program(const fs::path& folder) const {
    const auto [end, unused] =
        std::mismatch(folder.begin(), folder.end(), program_.begin(), program_.end());
    return end == folder.end();
  }

  void look_upwards(const fs::path& folder) {
    FileRole role = FileRole::itself;
    for (fs::path each = folder; !has_program(each); each = each.parent_path()) {
      look_at(each, role);
      if (each == each.parent_path()) return;
      role = FileRole::above;
    }
  }

  void look_at(const fs::path& path, FileRole role) {
    if (!trust_.refused.empty()) return;
    const auto owner = owner_of(path.string(), kCode);
    if (!owner) {
      trust_.refused = owner.error().message;
      return;
    }
    const OwnerRisk risk = owner_risk(*owner, role, trusted_);
    if (risk == OwnerRisk::none) return;
    if (risk == OwnerRisk::group_writes) {
      trust_.group_writes.push_back(path.string());
      return;
    }
    trust_.refused =
        path.string() + " " + describe(risk, *owner) +
        ", who could put any code there; plugins are loaded only from where nobody can "
        "write but root, the user that the gateway runs as, and the owner of the "
        "program";
  }

  const fs::path program_;
  std::vector<std::uint32_t> trusted_;
  FileTrust trust_;
};

}  // namespace

FileTrust check_trust(const std::string& path, const std::string& program) {
  return TrustCheck(program).check(path);
}

std::string own_program() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? std::string() : program.string();
}

}  // namespace headgate::plugin
