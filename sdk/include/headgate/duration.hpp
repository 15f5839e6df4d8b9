#pragma once
// Durations as users write them: "500ms", "10s", "1m30s", "2h".

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hg {

// One or more whole numbers, each with a unit out of h, m, s, ms, from large to small, each at most
// once. Nothing for anything else, and beyond a thousand hours.
inline std::optional<std::chrono::milliseconds> duration(std::string_view text) noexcept {
  constexpr std::uint64_t kLongest = 1000ull * 60 * 60 * 1000;
  std::uint64_t total = 0;
  std::uint64_t last_unit = UINT64_MAX;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::uint64_t count = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
      count = count * 10 + static_cast<std::uint64_t>(text[digits] - '0');
      if (count > kLongest) return std::nullopt;
    }
    text.remove_prefix(digits);
    std::uint64_t unit = 0;
    std::size_t letters = 1;
    if (text.substr(0, 2) == "ms") {
      unit = 1;
      letters = 2;
    } else if (!text.empty()) {
      unit = text[0] == 'h' ? 3'600'000 : text[0] == 'm' ? 60'000 : text[0] == 's' ? 1000 : 0;
    }
    if (digits == 0 || unit == 0 || unit >= last_unit) return std::nullopt;
    text.remove_prefix(letters);
    last_unit = unit;
    total += count * unit;
    if (total > kLongest) return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(total));
}

}  // namespace hg
