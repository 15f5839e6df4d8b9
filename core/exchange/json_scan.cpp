#include "core/exchange/json_scan.hpp"

#include <simdjson.h>

#include <cstring>
#include <string>

#include "core/base/json_text.hpp"
#include "core/base/read_buffer.hpp"
#include "core/exchange/json_skim.hpp"

namespace headgate::exchange {
namespace {

static_assert(ReadBuffer::kPadding >= simdjson::SIMDJSON_PADDING);

// What a long text took for decoding is given back by the next one.
constexpr std::size_t kKeptBytes = 64 * 1024;

// Room that is made at once: most requests have fewer members.
constexpr std::size_t kUsualMembers = 12;

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

JsonShape JsonScanner::scan(std::string_view text, JsonMembers& out, SeenNames& seen) {
  out.clear();
  text = trimmed(text);
  if (text.empty()) return JsonShape::invalid;
  if (text.front() != '{' && text.front() != '[') {
    return exchange::is_json(text) ? JsonShape::scalar : JsonShape::invalid;
  }
  if (text == "{}") return JsonShape::object;
  if (out.capacity() == 0) out.reserve(kUsualMembers);
  return skim(text, out, watched, seen);
}

bool JsonScanner::is_named(const JsonMember& member, std::string_view name) {
  if (!member.key_escaped) return member.key == name;
  const auto decoded = decode(std::string_view(member.key.data() - 1, member.key.size() + 2));
  return decoded && *decoded == name;
}

std::optional<std::string_view> JsonScanner::decode(std::string_view json_string) {
  if (json_string.size() < 2 || json_string.front() != '"' || json_string.back() != '"') return {};
  const std::string_view content = json_string.substr(1, json_string.size() - 2);
  if (std::memchr(content.data(), '\\', content.size()) == nullptr) return content;
  // The escapes are simdjson's business; it wants padding behind the string, which a value in the
  // middle of a request does not have for sure, so the rare escaped one is copied.
  const simdjson::padded_string padded(json_string);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  std::string_view decoded;
  if (parser.iterate(padded).get(document) || document.get_string().get(decoded)) return {};
  if (decoded_.capacity() > kKeptBytes) std::string().swap(decoded_);
  decoded_.assign(decoded);
  return std::string_view(decoded_);
}

std::string_view JsonScanner::one_line(Arena& arena, std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return {};
  const std::string_view kept = padded_copy(arena, text);
  if (is_json_string(kept) || kept == "{}" || kept == "[]") return kept;
  if (!is_json(kept)) return {};
  std::string line(text.size() + simdjson::SIMDJSON_PADDING, '\0');
  std::size_t size = 0;
  if (simdjson::minify(text.data(), text.size(), line.data(), size)) return {};
  return padded_copy(arena, std::string_view(line).substr(0, size));
}

std::string_view padded_copy(Arena& arena, std::string_view text) {
  char* const place = static_cast<char*>(arena.allocate(text.size() + ReadBuffer::kPadding, 1));
  if (!text.empty()) std::memcpy(place, text.data(), text.size());
  std::memset(place + text.size(), 0, ReadBuffer::kPadding);
  return {place, text.size()};
}

std::string_view padded_quote(Arena& arena, std::string_view text) {
  // Where every byte might need an escape, a long text would take much more than it needs.
  constexpr std::size_t kShortBytes = 128;
  if (text.size() > kShortBytes) return padded_copy(arena, json_quote(text));
  const std::size_t room = json_string_room(text.size()) + ReadBuffer::kPadding;
  char* const place = static_cast<char*>(arena.allocate(room, 1));
  char* const end = write_json_string(place, text);
  std::memset(end, 0, ReadBuffer::kPadding);
  return {place, static_cast<std::size_t>(end - place)};
}

}  // namespace headgate::exchange
