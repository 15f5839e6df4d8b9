#include "http_date.hpp"

#include <chrono>

namespace headgate_gemini {
namespace {

std::optional<unsigned> number(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

}  // namespace

std::optional<std::uint64_t> unix_seconds(std::string_view date) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::size_t kLength = 29;
  if (date.size() != kLength || date.substr(25) != " GMT") return std::nullopt;
  const std::size_t month = kMonths.find(date.substr(8, 3));
  const auto day = number(date.substr(5, 2));
  const auto year = number(date.substr(12, 4));
  const auto hour = number(date.substr(17, 2));
  const auto minute = number(date.substr(20, 2));
  const auto second = number(date.substr(23, 2));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  if (!day || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day calendar(
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(month / 3 + 1)), std::chrono::day(*day));
  if (!calendar.ok() || *year < 1970) return std::nullopt;
  const auto days = std::chrono::sys_days(calendar).time_since_epoch().count();
  return static_cast<std::uint64_t>(days) * 86'400 + *hour * 3'600 + *minute * 60 + *second;
}

}  // namespace headgate_gemini
