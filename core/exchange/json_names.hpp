#pragma once
// Names of members that a scan of a JSON text takes note of on its way, at any depth. To look at
// each name costs next to nothing; to look for them afterwards would not. [worker]

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::exchange {

// The member that the neutral form keeps for the gateway and its plugins, at any place.
inline constexpr std::string_view kReservedMember = "headgate";

// Names that plugins want to know of. Grows only: it may say yes where nobody asks any more.
class WatchedNames {
 public:
  void add(std::string_view name) {
    if (has(name)) return;
    names_.emplace_back(name);
    sizes_ |= bit_of(name.size());
  }
  bool has(std::string_view name) const {
    return (sizes_ & bit_of(name.size())) != 0 &&
           std::find(names_.begin(), names_.end(), name) != names_.end();
  }

 private:
  static std::uint64_t bit_of(std::size_t size) { return std::uint64_t{1} << (size & 63); }

  std::vector<std::string> names_;
  std::uint64_t sizes_ = 0;  // a bit for each size modulo 64
};

// What a scan saw. Where nothing is wrong with the text.
struct SeenNames {
  bool reserved = false;  // kReservedMember, however it is escaped
  bool watched = false;   // a watched one, or one with an escape, which may be any

  void add(const SeenNames& other) {
    reserved = reserved || other.reserved;
    watched = watched || other.watched;
  }
};

}  // namespace headgate::exchange
