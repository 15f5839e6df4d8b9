#include "core/http/target.hpp"

#include <array>
#include <cstdint>
#include <utility>

#include "core/base/sixteen_bytes.hpp"

namespace headgate::http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

bool has_control_or_backslash(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '\\') return true;
  }
  return false;
}

bool has_dot_segment(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (segment == "." || segment == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

// What a byte of a path may need a second look for.
enum class PathByte : std::uint8_t { plain, slash, dot, other };

constexpr std::array<PathByte, 256> make_path_table() {
  std::array<PathByte, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = PathByte::other;
  table[0x7f] = table['\\'] = table['%'] = PathByte::other;
  table['/'] = PathByte::slash;
  table['.'] = PathByte::dot;
  return table;
}
constexpr std::array<PathByte, 256> kPathTable = make_path_table();

// Whether the `size` bytes behind the slash at `front` are as is_plain_path() wants them. REQUIRES:
// there are 16 at least.
bool is_plain_behind(const char* front, std::size_t size) {
  const auto look = [front](std::size_t at) {
    const SixteenBytes bytes = load_sixteen(front + at + 1);
    const SixteenFlags dots = (load_sixteen(front + at) == '/') & (bytes == '.');
    return controls_among(bytes) | (bytes == '\\') | (bytes == '%') | dots;
  };
  SixteenFlags found = look(size - sizeof(SixteenBytes));
  // The last piece has some of the one before it again.
  for (std::size_t at = 0; size - at > sizeof(SixteenBytes); at += sizeof(SixteenBytes)) {
    found |= look(at);
  }
  return !any(found);
}

// No escape and nothing that is refused, told in one pass. No segment begins with a dot. The path
// begins with a slash.
bool is_plain_path(std::string_view path) {
  if (path.size() > sizeof(SixteenBytes)) return is_plain_behind(path.data(), path.size() - 1);
  PathByte before = PathByte::plain;
  for (const char c : path) {
    const PathByte kind = kPathTable[static_cast<unsigned char>(c)];
    if (kind > PathByte::slash && (kind == PathByte::other || before == PathByte::slash))
      return false;
    before = kind;
  }
  return true;
}

// Takes the first parameter off `query`; its name and the whole of it.
struct Parameter {
  std::string_view whole;
  std::string_view name;
  std::string_view value;
};
Parameter take_parameter(std::string_view& query) {
  Parameter parameter;
  const std::size_t end = query.find('&');
  parameter.whole = query.substr(0, end);
  query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  const std::size_t equals = parameter.whole.find('=');
  parameter.name = parameter.whole.substr(0, equals);
  if (equals != std::string_view::npos) parameter.value = parameter.whole.substr(equals + 1);
  return parameter;
}

// What is not a well-formed escape stays as it is.
std::string decode(std::string_view text, bool& well_formed) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      well_formed = false;
      out += '%';
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

bool is_named(std::string_view raw, std::string_view name) {
  if (raw.find('%') == std::string_view::npos) return raw == name;
  const std::optional<std::string> decoded = percent_decode(raw);
  return decoded && *decoded == name;
}

}  // namespace

Target split_target(std::string_view target) {
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}, false};
  return {target.substr(0, mark), target.substr(mark + 1), true};
}

std::optional<std::string> percent_decode(std::string_view text) {
  bool well_formed = true;
  std::string out = decode(text, well_formed);
  if (!well_formed) return std::nullopt;
  return out;
}

void append_percent_encoded(std::string& out, std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

bool is_safe_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  if (is_plain_path(path)) return true;
  if (has_control_or_backslash(path) || has_dot_segment(path)) return false;
  if (path.find('%') == std::string_view::npos) return true;

  bool well_formed = true;
  const std::string once = decode(path, well_formed);
  if (!well_formed || has_control_or_backslash(once) || has_dot_segment(once)) return false;
  // What is behind may decode a second time. A '%' that then stands for itself is no fault.
  const std::string twice = decode(once, well_formed);
  return !has_control_or_backslash(twice) && !has_dot_segment(twice);
}

std::optional<std::string_view> find_query_parameter(std::string_view query,
                                                     std::string_view name) {
  while (!query.empty()) {
    const Parameter parameter = take_parameter(query);
    if (is_named(parameter.name, name)) return parameter.value;
  }
  return std::nullopt;
}

std::string remove_query_parameter(std::string_view query, std::string_view name) {
  std::string out;
  bool first = true;
  while (!query.empty()) {
    const Parameter parameter = take_parameter(query);
    if (is_named(parameter.name, name)) continue;
    if (!std::exchange(first, false)) out += '&';
    out += parameter.whole;
  }
  return out;
}

std::string set_query_parameter(std::string_view query, std::string_view name,
                                std::string_view value) {
  std::string out = remove_query_parameter(query, name);
  if (!out.empty()) out += '&';
  append_percent_encoded(out, name);
  out += '=';
  append_percent_encoded(out, value);
  return out;
}

}  // namespace headgate::http
