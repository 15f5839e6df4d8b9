#include "core/select/retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "core/base/ascii.hpp"
#include "core/base/trim.hpp"
#include "core/select/dates.hpp"

namespace headgate::select {
namespace {

using std::chrono::milliseconds;
using Wait = std::optional<milliseconds>;

bool starts_with_no_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

// Digits with an optional fraction, nothing else; takes them from the front of `text`.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  // More digits than a double has room for: a huge number, or next to nothing.
  constexpr double kHuge = 1e300;
  if (error == std::errc::result_out_of_range)
    value = text.front() == '0' ? 0 : kHuge;
  else if (error != std::errc())
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<double> number(std::string_view text) {
  const std::optional<double> value = take_number(text);
  return text.empty() ? value : std::nullopt;
}

// Up to whole milliseconds, never early, never beyond the limit.
milliseconds bounded(double ms) {
  const double most = static_cast<double>(kRetryAfterMax.count());
  return milliseconds(static_cast<std::int64_t>(std::clamp(std::ceil(ms - 1e-6), 0.0, most)));
}

Wait wait_until(WallTime then, WallTime now) {
  return bounded(std::chrono::duration<double, std::milli>(then - now).count());
}

// "1h2m3.5s", "20ms": numbers with units, added up.
std::optional<double> duration_ms(std::string_view text) {
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::optional<double> value = take_number(text);
    if (!value) return std::nullopt;
    struct Unit {
      std::string_view name;
      double ms;
    };
    // The longer name before the one that it begins with.
    constexpr Unit kUnits[] = {{"ms", 1},       {"us", 1e-3},      {"ns", 1e-6},       {"s", 1e3},
                               {"m", 60 * 1e3}, {"h", 3600 * 1e3}, {"d", 86'400 * 1e3}};
    const Unit* const unit = std::find_if(std::begin(kUnits), std::end(kUnits), [text](auto& each) {
      return text.starts_with(each.name);
    });
    if (unit == std::end(kUnits)) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total += *value * unit->ms;
  }
  return total;
}

// What follows `word` and a dash in the header's name: "requests" of "x-ratelimit-reset-requests",
// or before it: "requests" of "ratelimit-requests-reset". Nothing when the word is not there.
std::optional<std::string_view> limit_name(std::string_view header, std::string_view word) {
  if (equal_ignoring_case(header, word)) return std::string_view();
  if (starts_with_no_case(header, word) && header[word.size()] == '-')
    return header.substr(word.size() + 1);
  if (header.size() > word.size() && header[header.size() - word.size() - 1] == '-' &&
      equal_ignoring_case(header.substr(header.size() - word.size()), word))
    return header.substr(0, header.size() - word.size() - 1);
  return std::nullopt;
}

}  // namespace

Wait parse_retry_after(std::string_view value, WallTime now) {
  value = trimmed(value, " \t");
  if (const std::optional<double> seconds = number(value)) return bounded(*seconds * 1e3);
  const std::optional<WallTime> date = parse_http_date(value);
  if (!date) return std::nullopt;
  return wait_until(*date, now);
}

Wait parse_retry_after_ms(std::string_view value) {
  const std::optional<double> ms = number(trimmed(value, " \t"));
  if (!ms) return std::nullopt;
  return bounded(*ms);
}

Wait parse_reset(std::string_view value, WallTime now) {
  // No upstream makes anybody wait 30 years; a number so large is a moment.
  constexpr double kUnixSeconds = 1e9;
  constexpr double kUnixMilliseconds = 1e12;
  value = trimmed(value, " \t");
  if (const std::optional<double> plain = number(value)) {
    if (*plain < kUnixSeconds) return bounded(*plain * 1e3);
    const double then_ms = *plain < kUnixMilliseconds ? *plain * 1e3 : *plain;
    const std::chrono::duration<double, std::milli> now_ms = now.time_since_epoch();
    return bounded(then_ms - now_ms.count());
  }
  if (const std::optional<double> ms = duration_ms(value)) return bounded(*ms);
  const std::optional<WallTime> date = parse_rfc3339(value);
  if (!date) return std::nullopt;
  return wait_until(*date, now);
}

Wait hold_time(std::string_view remaining, std::string_view reset, WallTime now) {
  if (number(trimmed(remaining, " \t")) != 0.0) return std::nullopt;
  const Wait until = parse_reset(reset, now);
  if (!until || until->count() == 0) return std::nullopt;
  return std::min(*until, kHoldMax);
}

RetryHint::Limit* RetryHint::limit(std::string_view name) {
  for (std::size_t i = 0; i < limits_used_; ++i)
    if (equal_ignoring_case(limits_[i].name, name)) return &limits_[i];
  if (limits_used_ == kLimitsMax) return nullptr;
  limits_[limits_used_].name = name;
  return &limits_[limits_used_++];
}

void RetryHint::see(std::string_view name, std::string_view value) {
  if (equal_ignoring_case(name, "retry-after")) {
    retry_after_ = parse_retry_after(value, now_);
  } else if (equal_ignoring_case(name, "retry-after-ms")) {
    retry_after_ms_ = parse_retry_after_ms(value);
  } else {
    // Vendors put their name before it.
    constexpr std::string_view kMark = "ratelimit-";
    const auto mark =
        std::search(name.begin(), name.end(), kMark.begin(), kMark.end(),
                    [](char in_name, char in_mark) { return lower(in_name) == in_mark; });
    if (mark == name.end()) return;
    const auto start = static_cast<std::size_t>(mark - name.begin()) + kMark.size();
    see_limit(name.substr(start), value);
  }
}

void RetryHint::see_limit(std::string_view name, std::string_view value) {
  if (const auto of = limit_name(name, "reset")) {
    if (Limit* const found = limit(*of)) found->reset = parse_reset(value, now_);
  } else if (const auto left = limit_name(name, "remaining")) {
    if (Limit* const found = limit(*left)) found->remaining = number(trimmed(value, " \t"));
  }
}

Wait RetryHint::exhausted() const {
  Wait longest;
  for (const Limit& limit : limits_)
    if (limit.remaining == 0.0 && limit.reset) longest = std::max(longest, limit.reset);
  return longest;
}

Wait RetryHint::wait() const {
  if (retry_after_ms_) return retry_after_ms_;
  if (retry_after_) return retry_after_;
  if (const Wait longest = exhausted()) return longest;
  Wait nearest;
  for (const Limit& limit : limits_)
    if (limit.reset && (!nearest || *limit.reset < *nearest)) nearest = limit.reset;
  return nearest;
}

}  // namespace headgate::select
