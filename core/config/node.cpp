#include "core/config/node.hpp"

#include <algorithm>
#include <charconv>

namespace headgate::config {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the digits at the front; tells how many there were.
std::size_t skip_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  text.remove_prefix(count);
  return count;
}

bool is_based_integer(std::string_view text, std::string_view prefix, std::string_view digits) {
  // More digits would not fit 64 bits.
  constexpr std::size_t kDigitsMax = 16;
  return text.size() > prefix.size() && text.size() <= prefix.size() + kDigitsMax &&
         text.starts_with(prefix) &&
         text.find_first_not_of(digits, prefix.size()) == std::string_view::npos;
}

ScalarType decimal_type(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  const std::size_t whole = skip_digits(text);
  if (whole > 0 && text.empty()) return ScalarType::integer;
  std::size_t fraction = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = skip_digits(text);
  }
  if (whole + fraction == 0) return ScalarType::text;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (skip_digits(text) == 0) return ScalarType::text;
  }
  return text.empty() ? ScalarType::number : ScalarType::text;
}

// One step of a JSON pointer without its escapes.
std::string unescape_step(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1')) {
      out += step[++i] == '0' ? '~' : '/';
    } else {
      out += step[i];
    }
  }
  return out;
}

const Node* child(const Node& node, std::string_view step) {
  if (node.is_map()) return node.find(unescape_step(step));
  if (!node.is_list()) return nullptr;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc() || end != step.data() + step.size()) return nullptr;
  return index < node.items.size() ? &node.items[index] : nullptr;
}

}  // namespace

ScalarType plain_type(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return ScalarType::null;
  }
  if (text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" ||
      text == "FALSE") {
    return ScalarType::boolean;
  }
  if (is_based_integer(text, "0x", "0123456789abcdefABCDEF") ||
      is_based_integer(text, "0o", "01234567")) {
    return ScalarType::integer;
  }
  return decimal_type(text);
}

bool Node::is_null() const {
  return is_scalar() && !quoted && !expanded && plain_type(text) == ScalarType::null;
}

const Member* Node::find_member(std::string_view key) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Member& member) { return member.key == key; });
  return found == members.end() ? nullptr : &*found;
}

const Node* Node::find(std::string_view key) const {
  const Member* member = find_member(key);
  return member ? &member->value : nullptr;
}

const Node& Node::at_pointer(std::string_view pointer) const {
  const Node* node = this;
  while (pointer.starts_with('/')) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    const Node* next = child(*node, pointer.substr(0, end));
    if (!next) break;
    node = next;
    pointer.remove_prefix(end);
  }
  return *node;
}

}  // namespace headgate::config
