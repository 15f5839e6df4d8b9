#pragma once
// Reading JSON text in place: no tree, no allocation, numbers keep their digits. For events of a
// stream, for configuration, and for picking a few values out of a long body.
//
// A lookup walks the text from its start and skips what it does not need; so it suits a few lookups
// in one text, and json_document.hpp has what suits many. Broken JSON is never read out of bounds:
// lookups in it find nothing, or find what stands before the fault. Use valid() where that matters.

#include <headgate/detail/json_scan.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hg {

class JsonMembers;
class JsonDocument;
class JsonWalk;

class JsonView {
 public:
  // How deep containers may nest in what valid() accepts.
  static constexpr int kDepthMax = detail::StrictValues::kDepthMax;

  JsonView() = default;
  // `text` is one JSON value with any space around it, and must outlive the view.
  explicit JsonView(std::string_view text) noexcept : text_(trim(text)) {}

  // Whether `text` is exactly one JSON value (RFC 8259) of bounded depth. UTF-8 is not checked.
  static bool valid(std::string_view text) noexcept;

  bool exists() const noexcept { return !text_.empty(); }
  std::string_view raw() const noexcept { return text_; }
  bool is_object() const noexcept { return first() == '{'; }
  bool is_array() const noexcept { return first() == '['; }
  bool is_string() const noexcept { return first() == '"'; }
  bool is_null() const noexcept { return text_ == "null"; }
  bool is_number() const noexcept { return first() == '-' || (first() >= '0' && first() <= '9'); }

  // The member of that name (the first one), or a view that does not exist.
  JsonView operator[](std::string_view name) const;
  // The element at `index`, or a view that does not exist.
  JsonView operator[](std::size_t index) const;
  // The value at an RFC 6901 pointer, for example "/choices/0/delta".
  JsonView at(std::string_view pointer) const;

  // visit(std::string_view decoded_name, JsonView value); returning false ends the walk, if it
  // returns a bool.
  template <class Visit>
  void each_member(Visit&& visit) const;
  // valid(raw()) of an object, and each_member() in the same walk. False: it is not JSON or not an
  // object, or visit() ended the walk; the members before that place have been visited.
  template <class Visit>
  bool each_valid_member(Visit&& visit) const;
  // visit(JsonView element); likewise.
  template <class Visit>
  void each_element(Visit&& visit) const;
  // Elements of an array, members of an object.
  std::size_t size() const;
  // size() == 0, without counting.
  bool empty() const;

  std::optional<bool> boolean() const noexcept {
    if (text_ == "true") return true;
    if (text_ == "false") return false;
    return std::nullopt;
  }
  // A whole number without fraction or exponent that fits.
  std::optional<std::uint64_t> unsigned_integer() const noexcept;
  std::optional<double> number() const;
  // The decoded text; nothing when it is not a string or its escapes are broken. A lone surrogate
  // becomes U+FFFD.
  std::optional<std::string> text() const;
  // Appends the decoded text; false (with `out` as it was) when there is none.
  bool append_text(std::string& out) const;
  // Whether it is a string that equals `expected`.
  bool equals(std::string_view expected) const;

 private:
  static std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && detail::is_json_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && detail::is_json_space(text.back())) text.remove_suffix(1);
    return text;
  }
  // A value as it was cut: there is no space around it.
  struct AsCut {};
  JsonView(AsCut, const char* begin, const char* end, const detail::JsonSkips* skips) noexcept
      : text_(begin, static_cast<std::size_t>(end - begin)), skips_(skips) {}

  // Behind the last bracket of the object that `at` begins; nullptr if it is broken.
  // pass(std::string_view decoded_name, const char* value) says where the value ends, or nullptr.
  template <class Values, class Pass>
  static const char* walk_object(const char* at, const char* end, const Pass& pass);
  // The same with visit(); nullptr also if that ended the walk.
  template <class Values, class Visit>
  const char* walk_members(Visit& visit) const;

  // How walk_members() passes over what it walks through.
  struct Loose : detail::LooseValues {
    static const char* behind_value(const char* at, const char* end,
                                    const detail::JsonSkips* skips) noexcept {
      return behind(at, end, skips);
    }
  };
  struct Strict : detail::StrictValues {
    static const char* behind_value(const char* at, const char* end,
                                    const detail::JsonSkips*) noexcept {
      return behind(at, end, nullptr, 1);
    }
  };
  friend class JsonMembers;
  friend class JsonDocument;
  friend class JsonWalk;
  static bool decode(std::string_view quoted, std::string& out);
  static bool decode_unicode(std::string_view& rest, std::string& out);
  static void append_utf8(std::uint32_t code, std::string& out);
  static std::optional<std::uint32_t> hex4(std::string_view text) noexcept;
  template <class Visit, class... Args>
  static bool go_on(Visit& visit, Args&&... args) {
    if constexpr (std::is_convertible_v<decltype(visit(std::forward<Args>(args)...)), bool>) {
      return visit(std::forward<Args>(args)...);
    } else {
      visit(std::forward<Args>(args)...);
      return true;
    }
  }
  char first() const noexcept { return text_.empty() ? '\0' : text_.front(); }

  std::string_view text_;
  const detail::JsonSkips* skips_ = nullptr;  // of the text that this is from, if there are any
};

template <class Values, class Pass>
const char* JsonView::walk_object(const char* at, const char* end, const Pass& pass) {
  if (at == end || *at != '{') return nullptr;
  at = detail::skip_json_space(at + 1, end);
  if (at != end && *at == '}') return at + 1;
  std::string decoded;
  for (;; at = detail::skip_json_space(at + 1, end)) {
    if (at == end || *at != '"') return nullptr;
    const char* const quote = at;
    at = detail::find_byte<typename Values::Stop>(quote + 1, end);
    std::string_view name(quote + 1, static_cast<std::size_t>(at - quote) - 1);
    if (at != end && *at == '"') {
      ++at;
    } else {  // it has escapes, or is broken
      at = Values::behind_string(quote, end);
      decoded.clear();
      if (!at || !decode({quote, static_cast<std::size_t>(at - quote)}, decoded)) return nullptr;
      name = decoded;
    }
    at = detail::skip_json_space(at, end);
    if (at == end || *at != ':') return nullptr;
    at = pass(name, detail::skip_json_space(at + 1, end));
    if (!at) return nullptr;
    at = detail::skip_json_space(at, end);
    if (at == end) return nullptr;
    if (*at == '}') return at + 1;
    if (*at != ',') return nullptr;
  }
}

template <class Values, class Visit>
const char* JsonView::walk_members(Visit& visit) const {
  const char* const end = text_.data() + text_.size();
  return walk_object<Values>(
      text_.data(), end, [&](std::string_view name, const char* value) -> const char* {
        const char* const behind = Values::behind_value(value, end, skips_);
        if (!behind || !go_on(visit, name, JsonView(AsCut(), value, behind, skips_)))
          return nullptr;
        return behind;
      });
}

template <class Visit>
void JsonView::each_member(Visit&& visit) const {
  walk_members<Loose>(visit);
}

template <class Visit>
bool JsonView::each_valid_member(Visit&& visit) const {
  const char* const behind = walk_members<Strict>(visit);
  return behind && behind == text_.data() + text_.size();
}

template <class Visit>
void JsonView::each_element(Visit&& visit) const {
  const char* at = text_.data();
  const char* const end = at + text_.size();
  if (at == end || *at != '[') return;
  do {
    const char* const value = detail::skip_json_space(at + 1, end);
    at = detail::LooseValues::behind(value, end, skips_);
    if (!at || !go_on(visit, JsonView(AsCut(), value, at, skips_))) return;
    at = detail::skip_json_space(at, end);
  } while (at != end && *at == ',');
}

inline JsonView JsonView::operator[](std::string_view name) const {
  JsonView found;
  each_member([&](std::string_view member, JsonView value) {
    if (member != name) return true;
    found = value;
    return false;
  });
  return found;
}

inline JsonView JsonView::operator[](std::size_t index) const {
  JsonView found;
  each_element([&](JsonView element) {
    if (index-- != 0) return true;
    found = element;
    return false;
  });
  return found;
}

inline JsonView JsonView::at(std::string_view pointer) const {
  JsonView value = *this;
  while (!pointer.empty() && value.exists()) {
    if (pointer.front() != '/') return {};
    pointer.remove_prefix(1);
    const std::size_t length = pointer.substr(0, pointer.find('/')).size();
    std::string token(pointer.substr(0, length));
    pointer.remove_prefix(length);
    for (std::size_t i = 0; (i = token.find('~', i)) != std::string::npos; ++i) {
      if (i + 1 >= token.size()) return {};
      token.replace(i, 2, token[i + 1] == '1' ? "/" : "~");
    }
    if (value.is_object()) {
      value = value[token];
      continue;
    }
    const auto index = JsonView(token).unsigned_integer();
    value = index && value.is_array() ? value[static_cast<std::size_t>(*index)] : JsonView();
  }
  return value;
}

inline std::size_t JsonView::size() const {
  std::size_t count = 0;
  if (is_array()) each_element([&](JsonView) { ++count; });
  if (is_object()) each_member([&](std::string_view, JsonView) { ++count; });
  return count;
}

inline bool JsonView::empty() const {
  bool empty = true;
  if (is_array()) each_element([&](JsonView) { return empty = false; });
  if (is_object()) each_member([&](std::string_view, JsonView) { return empty = false; });
  return empty;
}

inline std::optional<std::uint64_t> JsonView::unsigned_integer() const noexcept {
  if (text_.empty() || text_.size() > 20) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text_) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

inline std::optional<double> JsonView::number() const {
  const char* const end = text_.data() + text_.size();
  if (!is_number() || detail::StrictValues::behind_number(text_.data(), end) != end)
    return std::nullopt;
  return std::strtod(std::string(text_).c_str(), nullptr);
}

inline std::optional<std::string> JsonView::text() const {
  std::string out;
  if (!append_text(out)) return std::nullopt;
  return out;
}

inline bool JsonView::append_text(std::string& out) const {
  const std::size_t before = out.size();
  if (is_string() && decode(text_, out)) return true;
  out.resize(before);
  return false;
}

inline bool JsonView::equals(std::string_view expected) const {
  if (!is_string() || text_.size() < 2) return false;
  const std::string_view inside = text_.substr(1, text_.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return inside == expected;
  return text() == expected;
}

inline std::optional<std::uint32_t> JsonView::hex4(std::string_view text) noexcept {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      digit = static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
    } else {
      return std::nullopt;
    }
    value = value * 16 + digit;
  }
  return value;
}

inline void JsonView::append_utf8(std::uint32_t code, std::string& out) {
  const auto byte = [&](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) return byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F));
  if (code < 0x10000) {
    byte(0xE0 | code >> 12);
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
  }
  byte(0x80 | (code >> 6 & 0x3F));
  byte(0x80 | (code & 0x3F));
}

// `rest` stands behind "\u".
inline bool JsonView::decode_unicode(std::string_view& rest, std::string& out) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  const std::optional<std::uint32_t> unit = hex4(rest);
  if (!unit) return false;
  rest.remove_prefix(4);
  if (*unit < 0xD800 || *unit > 0xDFFF) return append_utf8(*unit, out), true;
  if (*unit < 0xDC00 && rest.size() >= 6 && rest[0] == '\\' && rest[1] == 'u') {
    const std::optional<std::uint32_t> low = hex4(rest.substr(2));
    if (low && *low >= 0xDC00 && *low <= 0xDFFF) {
      rest.remove_prefix(6);
      append_utf8(0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00), out);
      return true;
    }
  }
  append_utf8(kReplacement, out);
  return true;
}

inline bool JsonView::decode(std::string_view quoted, std::string& out) {
  if (quoted.size() < 2 || quoted.front() != '"' || quoted.back() != '"') return false;
  std::string_view rest = quoted.substr(1, quoted.size() - 2);
  while (!rest.empty()) {
    const std::size_t plain = rest.find('\\');
    out.append(rest.substr(0, plain));
    if (plain == std::string_view::npos) return true;
    rest.remove_prefix(plain + 1);
    if (rest.empty()) return false;
    const char escape = rest.front();
    rest.remove_prefix(1);
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kBytes = "\"\\/\b\f\n\r\t";
    if (escape == 'u') {
      if (!decode_unicode(rest, out)) return false;
    } else if (const std::size_t which = kNames.find(escape); which != std::string_view::npos) {
      out.push_back(kBytes[which]);
    } else {
      return false;
    }
  }
  return true;
}

inline bool JsonView::valid(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  const char* at =
      detail::StrictValues::behind(detail::skip_json_space(text.data(), end), end, nullptr, 0);
  return at && detail::skip_json_space(at, end) == end;
}

}  // namespace hg
