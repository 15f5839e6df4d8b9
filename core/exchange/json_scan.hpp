#pragma once
// One level of a JSON text: where its members or elements are; all below is checked (see
// json_skim.hpp). [worker]

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/arena.hpp"
#include "core/exchange/json_names.hpp"

namespace headgate::exchange {

// Views into the scanned text.
struct JsonMember {
  std::string_view key;    // between the quotes, as it stands (escapes and all); empty in an array
  std::string_view value;  // without white space around it
  bool key_escaped = false;
};
using JsonMembers = std::pmr::vector<JsonMember>;

enum class JsonShape { object, array, scalar, invalid };

// Holds what decoding needs: one per worker.
class JsonScanner {
 public:
  // Members of one level that are kept; a text with more is invalid here.
  static constexpr std::size_t kMembersMax = 100'000;

  // Fills `out` with what `text` holds at its top level, and says in `seen` what names are anywhere
  // in it. REQUIRES: 64 readable bytes behind the text.
  JsonShape scan(std::string_view text, JsonMembers& out, SeenNames& seen);
  JsonShape scan(std::string_view text, JsonMembers& out) {
    SeenNames seen;
    return scan(text, out, seen);
  }

  // What all scans from now on take note of.
  WatchedNames watched;

  // A copy of `text` without white space between its parts, or nothing when it is not JSON through
  // and through: what may stand in a line of JSON.
  std::string_view one_line(Arena& arena, std::string_view text);

  // Whether a member has this name, without escapes.
  bool is_named(const JsonMember& member, std::string_view name);

  // The decoded content of a JSON string (with its quotes), in memory that the next call reuses.
  std::optional<std::string_view> decode(std::string_view json_string);

 private:
  std::string decoded_;
};

// A copy of `text` with the readable bytes behind it that a scan needs.
std::string_view padded_copy(Arena& arena, std::string_view text);

// `text` as a JSON string, with the same bytes behind it.
std::string_view padded_quote(Arena& arena, std::string_view text);

}  // namespace headgate::exchange
