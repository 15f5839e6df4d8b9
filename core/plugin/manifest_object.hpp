#pragma once
// Reading a plugin's manifest: one object of it, member by member. What nobody asked for is a fault
// at the end, like every member that is not what it must be. [main]

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::plugin {

// A word of a manifest, and what it stands for here.
struct ManifestWord {
  std::string_view text;
  std::uint32_t value;
};

class ManifestObject {
 public:
  // `where` is the path of `value` in the manifest, "" for the whole of it. `faults` must outlive
  // this.
  ManifestObject(const boost::json::value& value, std::string where,
                 std::vector<std::string>& faults);

  // Reports the members that were not asked for.
  void finish();

  // Null when it is not there.
  const boost::json::value* find(std::string_view name);
  bool has(std::string_view name) const;

  // Empty where the member is missing or wrong.
  std::string text(std::string_view name, bool required);
  // False likewise.
  bool flag(std::string_view name);

  // Calls `take(item, where)` for each item.
  template <class Take>
  void list(std::string_view name, Take take) {
    const boost::json::array* const items = array(name);
    if (items == nullptr) return;
    std::size_t index = 0;
    for (const boost::json::value& item : *items) {
      take(item, path(name) + "/" + std::to_string(index++));
    }
  }
  std::vector<std::string> texts(std::string_view name);

  // The value of one of `words`, or `otherwise` where the member is missing or wrong.
  std::uint32_t word(std::string_view name, std::span<const ManifestWord> words,
                     std::uint32_t otherwise, bool required = false);
  // The values of all that are listed, together.
  std::uint32_t bits(std::string_view name, std::span<const ManifestWord> words);

  void fault(const std::string& message);
  void member_fault(std::string_view name, const std::string& message);

 private:
  static constexpr std::size_t kListMax = 256;

  const boost::json::array* array(std::string_view name);
  std::string path(std::string_view name) const { return where_ + "/" + std::string(name); }
  std::optional<std::uint32_t> lookup(std::string_view text, std::span<const ManifestWord> words,
                                      const std::string& where);

  const boost::json::object* object_;
  std::string where_;
  std::vector<std::string>& faults_;
  std::vector<std::string_view> asked_;
};

}  // namespace headgate::plugin
