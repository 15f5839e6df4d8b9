#include "core/config/variables.hpp"

#include <algorithm>
#include <vector>

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
    // What stands behind the name may be a secret.
    return "'${" + std::string(inside.substr(0, length)) +
           "...}' is not a variable; write ${NAME} or ${NAME:-default}, or '$$' for a literal '$'";
  }
  reference.name = inside.substr(0, length);
  if (!rest.empty()) reference.fallback = rest.substr(2);
  reference.length = end + 1;
  return {};
}

// Each once, and no more of them than anybody reads.
void note_missing(std::vector<std::string_view>& missing, std::string_view name) {
  constexpr std::size_t kNamedMax = 20;
  if (missing.size() < kNamedMax &&
      std::find(missing.begin(), missing.end(), name) == missing.end())
    missing.push_back(name);
}

std::string not_defined(const std::vector<std::string_view>& names) {
  std::string text = names.size() == 1 ? "variable " : "variables ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) text += i + 1 == names.size() ? " and " : ", ";
    text.append("'").append(names[i]).append("'");
  }
  text += names.size() == 1 ? " is" : " are";
  text.append(" not defined; set ").append(names.size() == 1 ? "it" : "them");
  text.append(", or write ${").append(names.front());
  return text + ":-default}, or '$$' for a literal '$'";
}

}  // namespace

Expansion expand_variables(std::string_view text, const VariableSource& variable) {
  Expansion result;
  std::vector<std::string_view> missing;
  while (true) {
    const std::size_t dollar = text.find('$');
    result.text += text.substr(0, dollar);
    if (result.text.size() > kResultBytesMax) {
      result.error = "longer than 1 MiB with its variables";
      return result;
    }
    if (dollar == std::string_view::npos) break;
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
    text.remove_prefix(reference.length);
    if (!value && !use_fallback) {
      note_missing(missing, reference.name);
      continue;
    }
    result.text += use_fallback ? *reference.fallback : std::string_view(*value);
    result.used_variable = true;
  }
  if (!missing.empty()) result.error = not_defined(missing);
  return result;
}

}  // namespace headgate::config
