#include "core/config/variables.hpp"

namespace headgate::config {

namespace {

constexpr std::size_t kResultBytesMax = 1u << 20;

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::size_t name_length(std::string_view text) {
  if (text.empty() || !starts_name(text[0])) return 0;
  std::size_t length = 1;
  while (length < text.size() &&
         (starts_name(text[length]) || (text[length] >= '0' && text[length] <= '9'))) {
    ++length;
  }
  return length;
}

struct Reference {
  std::string_view name;
  std::optional<std::string_view> fallback;
  std::size_t length = 0;  // of the whole reference
};

// What stands in `${...}`, which `text` begins with.
std::string read_braces(std::string_view text, Reference& reference) {
  const std::size_t end = text.find('}');
  if (end == std::string_view::npos) return "'${' without '}'; write '$$' for a literal '$'";
  const std::string_view inside = text.substr(2, end - 2);
  const std::size_t length = name_length(inside);
  const std::string_view rest = inside.substr(length);
  if (length == 0 || (!rest.empty() && !rest.starts_with(":-"))) {
    return "'" + std::string(text.substr(0, end + 1)) +
           "' is not a variable; write ${NAME} or ${NAME:-default}, or '$$' for a literal '$'";
  }
  reference.name = inside.substr(0, length);
  if (!rest.empty()) reference.fallback = rest.substr(2);
  reference.length = end + 1;
  return {};
}

}  // namespace

Expansion expand_variables(std::string_view text, const VariableSource& variable) {
  Expansion result;
  while (true) {
    const std::size_t dollar = text.find('$');
    result.text += text.substr(0, dollar);
    if (result.text.size() > kResultBytesMax) {
      result.error = "longer than 1 MiB with its variables";
      return result;
    }
    if (dollar == std::string_view::npos) return result;
    text.remove_prefix(dollar);
    if (text.starts_with("$$")) {
      result.text += '$';
      text.remove_prefix(2);
      continue;
    }
    Reference reference;
    if (text.starts_with("${")) {
      result.error = read_braces(text, reference);
      if (!result.error.empty()) return result;
    } else {
      const std::size_t length = name_length(text.substr(1));
      if (length == 0) {
        result.text += '$';
        text.remove_prefix(1);
        continue;
      }
      reference.name = text.substr(1, length);
      reference.length = length + 1;
    }
    const std::optional<std::string> value = variable(reference.name);
    const bool use_fallback = reference.fallback && (!value || value->empty());
    if (!value && !use_fallback) {
      result.error = "variable '" + std::string(reference.name) +
                     "' is not defined; set it, or write ${" + std::string(reference.name) +
                     ":-default}, or '$$' for a literal '$'";
      return result;
    }
    result.text += use_fallback ? *reference.fallback : std::string_view(*value);
    result.used_variable = true;
    text.remove_prefix(reference.length);
  }
}

}  // namespace headgate::config
