#include "core/select/dates.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "core/base/ascii.hpp"

namespace headgate::select {
namespace {

// The next run of letters, or of digits, or one other character.
std::string_view take_token(std::string_view& text) {
  const auto kind = [](char c) {
    if (c >= '0' && c <= '9') return 1;
    return lower(c) >= 'a' && lower(c) <= 'z' ? 2 : 0;
  };
  std::size_t size = text.empty() ? 0 : 1;
  while (size != 0 && size < text.size() && kind(text[0]) != 0 && kind(text[size]) == kind(text[0]))
    ++size;
  const std::string_view token = text.substr(0, size);
  text.remove_prefix(size);
  return token;
}

std::optional<int> integer(std::string_view text, std::size_t digits_max) {
  int value = 0;
  if (text.empty() || text.size() > digits_max) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct CivilTime {
  int year = -1, month = 0, day = 0, hour = -1, minute = -1, second = -1;
};

// A WallTime counts nanoseconds and ends in 2262: what is far away stays far away.
constexpr int kYearMin = 1700;
constexpr int kYearMax = 2200;

std::optional<WallTime> to_wall(const CivilTime& time) {
  const std::chrono::year_month_day date{std::chrono::year(time.year),
                                         std::chrono::month(static_cast<unsigned>(time.month)),
                                         std::chrono::day(static_cast<unsigned>(time.day))};
  // A second of 60 is a leap second.
  const bool good = time.year >= 0 && time.month > 0 && time.day > 0 && date.ok() &&
                    time.hour >= 0 && time.hour < 24 && time.minute >= 0 && time.minute < 60 &&
                    time.second >= 0 && time.second <= 60;
  if (!good) return std::nullopt;
  if (time.year < kYearMin || time.year > kYearMax) {
    const int bounded = std::clamp(time.year, kYearMin, kYearMax);
    return WallTime(std::chrono::sys_days(std::chrono::year(bounded) / 1 / 1).time_since_epoch());
  }
  return WallTime(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(time.hour) +
                  std::chrono::minutes(time.minute) + std::chrono::seconds(time.second));
}

int month_number(std::string_view name) {
  constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
  for (std::size_t i = 0; i < kMonths.size(); ++i)
    if (equal_ignoring_case(name, kMonths[i])) return static_cast<int>(i) + 1;
  return 0;
}

bool take_clock(std::string_view& text, CivilTime& time) {
  const auto hour = integer(take_token(text), 2);
  if (!hour || take_token(text) != ":") return false;
  const auto minute = integer(take_token(text), 2);
  if (!minute || take_token(text) != ":") return false;
  const auto second = integer(take_token(text), 2);
  if (!second) return false;
  time.hour = *hour;
  time.minute = *minute;
  time.second = *second;
  return true;
}

// What separates the parts of a date.
void skip_separators(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == ',' || text.front() == '-'))
    text.remove_prefix(1);
}

void skip_space(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
}

int take_day(std::string_view& text) {
  skip_separators(text);
  return integer(take_token(text), 2).value_or(0);
}

int take_month(std::string_view& text) {
  skip_separators(text);
  return month_number(take_token(text));
}

int take_year(std::string_view& text) {
  skip_separators(text);
  const int year = integer(take_token(text), 4).value_or(-1);
  // Two digits: of this century until 69, as POSIX has it.
  if (year < 0 || year > 99) return year;
  return year + (year < 70 ? 2000 : 1900);
}

// "Z" or "+01:00", as an offset from UTC.
std::optional<std::chrono::minutes> take_zone(std::string_view& text) {
  const std::string_view sign = take_token(text);
  if (equal_ignoring_case(sign, "Z")) return std::chrono::minutes(0);
  if (sign != "+" && sign != "-") return std::nullopt;
  const auto hours = integer(take_token(text), 2);
  if (!hours || take_token(text) != ":") return std::nullopt;
  const auto minutes = integer(take_token(text), 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes offset(*hours * 60 + *minutes);
  return sign == "-" ? -offset : offset;
}

}  // namespace

std::optional<WallTime> parse_http_date(std::string_view text) {
  CivilTime time;
  take_token(text);  // the weekday says nothing that the date does not
  if (!text.empty() && text.front() == ' ') {
    time.month = take_month(text);
    time.day = take_day(text);
    skip_space(text);
    if (!take_clock(text, time)) return std::nullopt;
    time.year = take_year(text);
    return text.empty() ? to_wall(time) : std::nullopt;
  }
  time.day = take_day(text);
  time.month = take_month(text);
  time.year = take_year(text);
  skip_space(text);
  if (!take_clock(text, time)) return std::nullopt;
  skip_space(text);
  return text == "GMT" ? to_wall(time) : std::nullopt;
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  CivilTime time;
  const std::string_view year = take_token(text);
  if (year.size() != 4) return std::nullopt;
  time.year = integer(year, 4).value_or(-1);
  if (take_token(text) != "-") return std::nullopt;
  time.month = integer(take_token(text), 2).value_or(0);
  if (take_token(text) != "-") return std::nullopt;
  time.day = integer(take_token(text), 2).value_or(0);
  const std::string_view separator = take_token(text);
  if (!equal_ignoring_case(separator, "T") && separator != " ") return std::nullopt;
  if (!take_clock(text, time)) return std::nullopt;

  std::chrono::milliseconds fraction(0);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    const std::string_view digits = take_token(text);
    const auto shown = integer(digits.substr(0, 3), 3);
    if (!shown) return std::nullopt;
    constexpr std::array<int, 4> kScale = {0, 100, 10, 1};
    fraction = std::chrono::milliseconds(*shown * kScale[std::min<std::size_t>(digits.size(), 3)]);
  }
  const auto offset = take_zone(text);
  const std::optional<WallTime> local = to_wall(time);
  if (!offset || !text.empty() || !local) return std::nullopt;
  return *local + fraction - *offset;
}

}  // namespace headgate::select
