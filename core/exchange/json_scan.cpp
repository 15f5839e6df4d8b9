#include "core/exchange/json_scan.hpp"

#include <simdjson.h>

#include <cstring>
#include <string>

#include "core/base/json_text.hpp"
#include "core/base/read_buffer.hpp"
#include "core/exchange/json_skim.hpp"

namespace headgate::exchange {
namespace {

namespace ondemand = simdjson::ondemand;

static_assert(ReadBuffer::kPadding >= simdjson::SIMDJSON_PADDING);

// simdjson needs four bytes of index per byte of text; more than this is given back after use.
constexpr std::size_t kKeptCapacity = 1024 * 1024;

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

// The raw text of a value, whatever it is.
simdjson::error_code raw_value(ondemand::value& value, std::string_view& out) {
  ondemand::json_type type;
  if (const auto error = value.type().get(type)) return error;
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return error;
    const auto error = object.raw_json().get(out);
    out = trimmed(out);  // white space behind a value counts as its own there
    return error;
  }
  if (type == ondemand::json_type::array) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return error;
    const auto error = array.raw_json().get(out);
    out = trimmed(out);
    return error;
  }
  out = trimmed(value.raw_json_token());
  return simdjson::SUCCESS;
}

// The closing quote of a string whose content begins at `begin`. The text is known to have one.
const char* string_end(const char* begin, const char* limit, bool& escaped) {
  escaped = false;
  for (const char* at = begin; at < limit; ++at) {
    if (*at == '"') return at;
    if (*at == '\\') {
      escaped = true;
      ++at;
    }
  }
  return nullptr;
}

bool scan_object(ondemand::object object, std::string_view text, JsonMembers& out) {
  for (auto item : object) {
    ondemand::field field;
    if (std::move(item).get(field)) return false;
    JsonMember member;
    const char* key = field.key().raw();
    const char* end = string_end(key, text.data() + text.size(), member.key_escaped);
    if (end == nullptr || out.size() == JsonScanner::kMembersMax) return false;
    member.key = std::string_view(key, static_cast<std::size_t>(end - key));
    if (raw_value(field.value(), member.value) || member.value.empty()) return false;
    out.push_back(member);
  }
  return true;
}

bool scan_array(ondemand::array array, JsonMembers& out) {
  for (auto item : array) {
    ondemand::value value;
    if (item.get(value) || out.size() == JsonScanner::kMembersMax) return false;
    JsonMember member;
    if (raw_value(value, member.value) || member.value.empty()) return false;
    out.push_back(member);
  }
  return true;
}

// Nothing but white space is behind what was read.
bool at_end(ondemand::document& document) {
  const char* at = nullptr;
  return document.current_location().get(at) == simdjson::OUT_OF_BOUNDS;
}

// A text of one scalar: simdjson's own reading decides whether it is one.
bool is_scalar(std::string_view text) {
  if (text == "true" || text == "false" || text == "null") return true;
  if (text.front() == '"') {
    if (is_usual_string(text)) return true;
    bool escaped = false;
    const char* end = string_end(text.data() + 1, text.data() + text.size(), escaped);
    return end == text.data() + text.size() - 1;
  }
  return text.find_first_not_of("+-.0123456789eE") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

}  // namespace

struct JsonScanner::Memory {
  ondemand::parser parser;
  std::string decoded;
  JsonMembers unwanted;  // of a text that is only checked
};

JsonScanner::JsonScanner() : memory_(std::make_unique<Memory>()) {}
JsonScanner::~JsonScanner() = default;

JsonShape JsonScanner::scan(std::string_view text, JsonMembers& out) {
  out.clear();
  text = trimmed(text);
  if (text.empty()) return JsonShape::invalid;
  if (text.front() != '{' && text.front() != '[') {
    return is_scalar(text) ? JsonShape::scalar : JsonShape::invalid;
  }
  if (text == "{}") return JsonShape::object;
  if (out.capacity() == 0) out.reserve(kUsualMembers);
  if (const auto shape = skim(text, out)) return *shape;
  out.clear();
  return index(text, out);
}

JsonShape JsonScanner::index(std::string_view text, JsonMembers& out) {
  ondemand::document document;
  const simdjson::padded_string_view padded(text.data(), text.size(),
                                            text.size() + simdjson::SIMDJSON_PADDING);
  if (memory_->parser.iterate(padded).get(document)) return JsonShape::invalid;
  if (text.front() == '{') {
    ondemand::object object;
    if (document.get_object().get(object) || !scan_object(object, text, out) || !at_end(document)) {
      return JsonShape::invalid;
    }
    return JsonShape::object;
  }
  ondemand::array array;
  if (document.get_array().get(array) || !scan_array(array, out) || !at_end(document)) {
    return JsonShape::invalid;
  }
  return JsonShape::array;
}

bool JsonScanner::is_json(std::string_view text) {
  const JsonShape shape = scan(text, memory_->unwanted);
  if (memory_->unwanted.capacity() > kUsualMembers) JsonMembers().swap(memory_->unwanted);
  return shape != JsonShape::invalid;
}

std::optional<std::string_view> JsonScanner::decode(std::string_view json_string) {
  if (json_string.size() < 2 || json_string.front() != '"' || json_string.back() != '"') return {};
  const std::string_view content = json_string.substr(1, json_string.size() - 2);
  if (std::memchr(content.data(), '\\', content.size()) == nullptr) return content;
  // The escapes are simdjson's business; it wants padding behind the string, which a value in the
  // middle of a request does not have for sure, so the rare escaped one is copied.
  const simdjson::padded_string padded(json_string);
  ondemand::parser parser;
  ondemand::document document;
  std::string_view decoded;
  if (parser.iterate(padded).get(document) || document.get_string().get(decoded)) return {};
  memory_->decoded.assign(decoded);
  return std::string_view(memory_->decoded);
}

std::string_view JsonScanner::one_line(Arena& arena, std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return {};
  const std::string_view kept = padded_copy(arena, text);
  if (is_usual_string(kept) && simdjson::validate_utf8(kept.data(), kept.size())) return kept;
  if (kept == "{}" || kept == "[]") return kept;  // of keys without metadata: most
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(text.data(), text.size()).get(element)) return {};
  std::string line(text.size() + simdjson::SIMDJSON_PADDING, '\0');
  std::size_t size = 0;
  if (simdjson::minify(text.data(), text.size(), line.data(), size)) return {};
  return padded_copy(arena, std::string_view(line).substr(0, size));
}

void JsonScanner::release_if_large() {
  if (memory_->parser.capacity() > kKeptCapacity) memory_ = std::make_unique<Memory>();
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
