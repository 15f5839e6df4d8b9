#pragma once
// Patterns with "*" for model names: "gpt-*", "*-mini", "*".

#include <cstddef>
#include <string_view>

namespace hg {

// Whether all of `text` is what `pattern` says, "*" standing for any bytes, also none. Linear in
// the product of the lengths at worst, whatever the pattern.
inline bool wildcard_match(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // of the last star seen
  std::size_t taken = 0;                      // where in the text it stops for now
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace hg
