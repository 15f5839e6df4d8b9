#include "core/exchange/json_skim.hpp"

#include <simdjson.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/base/plain_text.hpp"
#include "core/base/sixteen_bytes.hpp"
#include "core/base/utf8.hpp"

namespace headgate::exchange {
namespace {

// Characters that are not ASCII are checked one by one. A text with many of them, as one in another
// script, is given to simdjson, which checks 64 bytes at a time; then all of them are known to be
// good.
constexpr std::size_t kOddCharactersMax = 32;
constexpr std::size_t kOddCharacterPerBytes = 64;

// Which bytes at `at` end a run of plain bytes in a string. As signed numbers those that are not
// ASCII are below 0, and end one as well.
template <class Sixteen>
SixteenFlags odd_bytes(const char* at) {
  const auto bytes = load_sixteen<Sixteen>(at);
  return (bytes < 0x20) | (bytes == '"') | (bytes == '\\');
}

// Where the first of them is, at most 16.
template <class Sixteen>
std::size_t plain_run(const char* at) {
  static_assert(std::endian::native == std::endian::little);
  const std::array<std::uint64_t, 2> halves = halves_of(odd_bytes<Sixteen>(at));
  if ((halves[0] | halves[1]) == 0) return 16;
  if (halves[0] != 0) return static_cast<std::size_t>(std::countr_zero(halves[0])) / 8;
  return 8 + static_cast<std::size_t>(std::countr_zero(halves[1])) / 8;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Length of the escape that begins with this letter, without the backslash; 0: there is none.
constexpr std::array<std::uint8_t, 256> kEscapes = [] {
  std::array<std::uint8_t, 256> lengths{};
  for (const char letter : std::string_view("\"\\/bfnrt")) {
    lengths[static_cast<unsigned char>(letter)] = 1;
  }
  lengths['u'] = 5;
  return lengths;
}();

// The code of an escape "\\uXXXX" that stands for a character of ASCII; 0: another one.
char ascii_escape(std::string_view text) {
  std::uint8_t code = 0;
  if (text.size() < 6 || !text.starts_with("\\u00")) return 0;
  const auto [end, error] = std::from_chars(text.data() + 4, text.data() + 6, code, 16);
  return error == std::errc() && end == text.data() + 6 ? static_cast<char>(code) : '\0';
}

// Whether a name with escapes is `word`, which has only letters: no other escape stands for one.
bool spells(std::string_view name, std::string_view word) {
  for (const char letter : word) {
    const bool escaped = name.starts_with('\\');
    if (name.empty() || (escaped ? ascii_escape(name) : name.front()) != letter) return false;
    name.remove_prefix(escaped ? 6 : 1);
  }
  return name.empty();
}

class Skimmer {
 public:
  Skimmer(std::string_view text, const WatchedNames& watched)
      : text_(text),
        watched_(watched),
        at_(text.data()),
        end_(text.data() + text.size()),
        odd_left_(kOddCharactersMax + text.size() / kOddCharacterPerBytes) {}

  // Each of these takes one thing off the front, or says that it cannot.

  bool members(JsonMembers& out) {
    if (!take('{')) return false;
    if (take('}')) return at_end();
    do {
      if (out.size() == JsonScanner::kMembersMax || !take('"')) return false;
      JsonMember member;
      const char* const key = at_;
      if (!string_rest()) return false;
      member.key = std::string_view(key, static_cast<std::size_t>(at_ - 1 - key));
      member.key_escaped = escaped_;
      note_name(member.key);
      if (!take(':') || !span(member.value)) return false;
      out.push_back(member);
    } while (take(','));
    return take('}') && at_end();
  }

  bool elements(JsonMembers& out) {
    if (!take('[')) return false;
    if (take(']')) return at_end();
    do {
      if (out.size() == JsonScanner::kMembersMax) return false;
      JsonMember element;
      if (!span(element.value)) return false;
      out.push_back(element);
    } while (take(','));
    return take(']') && at_end();
  }

  bool whole_string() { return take('"') && string_rest() && at_ == end_; }

  bool whole_value() {
    skip_space();
    return value(0) && at_end();
  }

  // What members of objects are called.
  const SeenNames& seen() const { return seen_; }

 private:
  // The next byte; a zero, which no JSON has, behind the end.
  char next() const { return at_ < end_ ? *at_ : '\0'; }

  // Bytes before the end; a look at 16 bytes may have led behind it.
  std::size_t left() const { return at_ < end_ ? static_cast<std::size_t>(end_ - at_) : 0; }

  void skip_space() {
    while (next() == ' ' || next() == '\n' || next() == '\r' || next() == '\t') ++at_;
  }

  // Takes `c` and the white space before it.
  bool take(char c) {
    if (next() != c) {
      skip_space();
      if (next() != c) return false;
    }
    ++at_;
    return true;
  }

  bool at_end() {
    skip_space();
    return at_ == end_;
  }

  // A value without the white space around it.
  bool span(std::string_view& out) {
    skip_space();
    const char* const begin = at_;
    if (!value(0)) return false;
    out = std::string_view(begin, static_cast<std::size_t>(at_ - begin));
    return true;
  }

  bool value(int depth) {
    switch (next()) {
      case '"':
        ++at_;
        return string_rest();
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool object(int depth) {
    if (depth == kJsonDepthMax) return false;
    ++at_;
    if (take('}')) return true;
    do {
      if (!take('"')) return false;
      const char* const name = at_;
      if (!string_rest()) return false;
      note_name(std::string_view(name, static_cast<std::size_t>(at_ - 1 - name)));
      if (!take(':')) return false;
      skip_space();
      if (!value(depth + 1)) return false;
    } while (take(','));
    return take('}');
  }

  bool array(int depth) {
    if (depth == kJsonDepthMax) return false;
    ++at_;
    if (take(']')) return true;
    do {
      skip_space();
      if (!value(depth + 1)) return false;
    } while (take(','));
    return take(']');
  }

  void note_name(std::string_view name) {
    if (name == kReservedMember || (escaped_ && spells(name, kReservedMember))) {
      seen_.reserved = true;
    }
    if (escaped_ || watched_.has(name)) seen_.watched = true;
  }

  // The rest of a string whose opening quote was taken.
  bool string_rest() {
    escaped_ = false;
    return utf8_known_ ? string_rest_of<NonAscii::plain>() : string_rest_of<NonAscii::odd>();
  }

  template <NonAscii kNonAscii>
  bool string_rest_of() {
    using Sixteen = std::conditional_t<kNonAscii == NonAscii::odd, SixteenSigned, SixteenBytes>;
    bool may_be_long = true;  // the run that is looked at
    while (at_ < end_) {
      const std::size_t run = plain_run<Sixteen>(at_);
      at_ += run;
      if (run == sizeof(SixteenFlags)) {
        if (may_be_long) at_ += plain_steps(at_, left(), kNonAscii);
        may_be_long = false;  // it ends within a step
        continue;
      }
      may_be_long = true;
      if (at_ >= end_) return false;
      const auto byte = static_cast<unsigned char>(*at_);
      if (byte == '"') {
        ++at_;
        return true;
      }
      if (byte == '\\') {
        if (!escape()) return false;
      } else if (byte < 0x80) {
        return false;
      } else if (!odd_characters()) {
        return all_is_utf8() && string_rest_of<NonAscii::plain>();
      }
    }
    return false;
  }

  // One that begins with the backslash at hand.
  bool escape() {
    const std::size_t length =
        end_ - at_ > 1 ? kEscapes[static_cast<unsigned char>(at_[1])] : std::size_t{0};
    if (length == 0) return false;
    escaped_ = true;
    at_ += 1 + length;
    if (length == 1) return true;
    return at_ <= end_ && is_hex_digit(at_[-4]) && is_hex_digit(at_[-3]) && is_hex_digit(at_[-2]) &&
           is_hex_digit(at_[-1]);
  }

  // One character or more that are not ASCII. No: they are no characters, or too many.
  bool odd_characters() {
    do {
      const std::size_t length = utf8_length(text_, static_cast<std::size_t>(at_ - text_.data()));
      if (length == 0 || odd_left_ == 0) return false;
      --odd_left_;
      at_ += length;
    } while (at_ < end_ && static_cast<unsigned char>(*at_) >= 0x80);
    return true;
  }

  bool all_is_utf8() {
    utf8_known_ = simdjson::validate_utf8(text_.data(), text_.size());
    return utf8_known_;
  }

  bool word(std::string_view expected) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(expected)) {
      return false;
    }
    at_ += expected.size();
    return true;
  }

  bool digits() {
    if (!is_digit(next())) return false;
    while (is_digit(next())) ++at_;
    return true;
  }

  bool number() {
    if (next() == '-') ++at_;
    if (next() == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (next() == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (next() == 'e' || next() == 'E') {
      ++at_;
      if (next() == '+' || next() == '-') ++at_;
      return digits();
    }
    return true;
  }

  const std::string_view text_;
  const WatchedNames& watched_;
  const char* at_;
  const char* const end_;
  std::size_t odd_left_;
  bool escaped_ = false;     // whether the last string has an escape
  bool utf8_known_ = false;  // all of the text is well-formed
  SeenNames seen_;
};

}  // namespace

JsonShape skim(std::string_view text, JsonMembers& out, const WatchedNames& watched,
               SeenNames& seen) {
  Skimmer skimmer(text, watched);
  const bool object = text.front() == '{';
  const bool taken = object ? skimmer.members(out) : skimmer.elements(out);
  if (!taken) return JsonShape::invalid;
  seen.add(skimmer.seen());
  return object ? JsonShape::object : JsonShape::array;
}

bool is_json(std::string_view text, const WatchedNames& watched, SeenNames& seen) {
  Skimmer skimmer(text, watched);
  if (!skimmer.whole_value()) return false;
  seen.add(skimmer.seen());
  return true;
}

bool is_json(std::string_view text) {
  SeenNames seen;
  return is_json(text, WatchedNames(), seen);
}

bool is_json_string(std::string_view text) {
  return Skimmer(text, WatchedNames()).whole_string();
}

}  // namespace headgate::exchange
