#include "core/select/retry_after.hpp"

#include <gtest/gtest.h>

#include "core/select/dates.hpp"

namespace headgate::select {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Wait = std::optional<milliseconds>;

// 1994-11-06T08:49:37Z
const WallTime kDate{seconds(784'111'777)};

TEST(HttpDate, ReadsAllThreeForms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), kDate);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), kDate);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), kDate);
}

TEST(HttpDate, TwoDigitsOfAYearBelongToThisCenturyUntil69) {
  EXPECT_EQ(parse_http_date("Tuesday, 01-Jan-30 00:00:00 GMT"), WallTime(seconds(1'893'456'000)));
}

TEST(HttpDate, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "Sun", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT trailing", "Sun, 06 Nov 1994 08:49:37 EST",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 999999999999 Nov 1994 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994 x", "Sun, 06 Nov 1994 -8:49:37 GMT"})
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

TEST(Rfc3339, ReadsZonesAndFractions) {
  EXPECT_EQ(parse_rfc3339("1994-11-06T08:49:37Z"), kDate);
  EXPECT_EQ(parse_rfc3339("1994-11-06 08:49:37Z"), kDate);
  EXPECT_EQ(parse_rfc3339("1994-11-06T09:49:37+01:00"), kDate);
  EXPECT_EQ(parse_rfc3339("1994-11-06T08:19:37-00:30"), kDate);
  EXPECT_EQ(parse_rfc3339("1994-11-06T08:49:37.5Z"), kDate + milliseconds(500));
  EXPECT_EQ(parse_rfc3339("1994-11-06T08:49:37.042999999Z"), kDate + milliseconds(42));
}

TEST(Rfc3339, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "1994-11-06", "94-11-06T08:49:37Z", "1994-13-06T08:49:37Z", "1994-11-06T08:49:37",
        "1994-11-06T08:49:37.Z", "1994-11-06X08:49:37Z", "1994-11-06T08:49:37+1",
        "1994-11-06T08:49:37Z!", "1994-02-30T08:49:37Z"})
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

TEST(RetryAfter, ReadsSecondsAndDates) {
  EXPECT_EQ(parse_retry_after("2", kDate), Wait(seconds(2)));
  EXPECT_EQ(parse_retry_after(" 0 ", kDate), Wait(milliseconds(0)));
  EXPECT_EQ(parse_retry_after("1.5", kDate), Wait(milliseconds(1'500)));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kDate - seconds(30)),
            Wait(seconds(30)));
}

TEST(RetryAfter, ADateThatHasPassedIsNoWait) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kDate + seconds(30)),
            Wait(milliseconds(0)));
}

TEST(RetryAfter, RoundsUpSoThatNobodyComesEarly) {
  EXPECT_EQ(parse_retry_after("0.0001", kDate), Wait(milliseconds(1)));
  EXPECT_EQ(parse_retry_after_ms("10.2"), Wait(milliseconds(11)));
}

TEST(RetryAfter, ItsMistakesAreBounded) {
  EXPECT_EQ(parse_retry_after("99999999999999999999999", kDate), Wait(kRetryAfterMax));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 2094 08:49:37 GMT", kDate), Wait(kRetryAfterMax));
  EXPECT_EQ(parse_retry_after_ms("1e9"), std::nullopt);
}

TEST(RetryAfter, RefusesWhatItCannotRead) {
  for (const char* text : {"", "soon", "-1", "+1", "2s", "1 2", "nan", "inf", "0x10", "2,5"})
    EXPECT_EQ(parse_retry_after(text, kDate), std::nullopt) << text;
}

TEST(RetryAfterMs, ReadsMilliseconds) {
  EXPECT_EQ(parse_retry_after_ms("1500"), Wait(milliseconds(1'500)));
  EXPECT_EQ(parse_retry_after_ms("x"), std::nullopt);
}

TEST(Reset, ReadsEveryFormInUse) {
  EXPECT_EQ(parse_reset("12", kDate), Wait(seconds(12)));
  EXPECT_EQ(parse_reset("0.5", kDate), Wait(milliseconds(500)));
  EXPECT_EQ(parse_reset("20ms", kDate), Wait(milliseconds(20)));
  EXPECT_EQ(parse_reset("1s", kDate), Wait(seconds(1)));
  EXPECT_EQ(parse_reset("6m0s", kDate), Wait(minutes(6)));
  EXPECT_EQ(parse_reset("1m30.5s", kDate), Wait(milliseconds(90'500)));
  EXPECT_EQ(parse_reset("1h0m0s", kDate), Wait(hours(1)));
  EXPECT_EQ(parse_reset("350us", kDate), Wait(milliseconds(1)));
  const WallTime now{seconds(1'735'689'600)};
  EXPECT_EQ(parse_reset("1735689610", now), Wait(seconds(10)));
  EXPECT_EQ(parse_reset("1735689610250", now), Wait(milliseconds(10'250)));
  EXPECT_EQ(parse_reset("1735689000", now), Wait(milliseconds(0)));
  EXPECT_EQ(parse_reset("2025-01-01T00:00:07Z", now), Wait(seconds(7)));
}

TEST(Reset, RefusesWhatItCannotRead) {
  for (const char* text : {"", "s", "5x", "1s2", "-1s", "1 s", "tomorrow"})
    EXPECT_EQ(parse_reset(text, kDate), std::nullopt) << text;
}

TEST(RetryHint, MillisecondsGoBeforeSecondsAndSecondsBeforeResets) {
  RetryHint hint(kDate);
  EXPECT_EQ(hint.wait(), std::nullopt);
  hint.see("x-ratelimit-reset", "9");
  EXPECT_EQ(hint.wait(), Wait(seconds(9)));
  hint.see("Retry-After", "2");
  EXPECT_EQ(hint.wait(), Wait(seconds(2)));
  hint.see("Retry-After-Ms", "1200");
  EXPECT_EQ(hint.wait(), Wait(milliseconds(1'200)));
}

TEST(RetryHint, AHeaderThatCannotBeReadIsAsIfItWereNotThere) {
  RetryHint hint(kDate);
  hint.see("retry-after", "later");
  hint.see("x-ratelimit-reset", "3");
  EXPECT_EQ(hint.wait(), Wait(seconds(3)));
}

TEST(RetryHint, TheResetOfALimitThatIsUsedUpCounts) {
  RetryHint hint(kDate);
  hint.see("x-ratelimit-reset-requests", "1s");
  hint.see("x-ratelimit-reset-tokens", "40s");
  EXPECT_EQ(hint.wait(), Wait(seconds(1)));  // the nearest, when none says that it is used up
  EXPECT_EQ(hint.exhausted(), std::nullopt);
  hint.see("X-RateLimit-Remaining-Tokens", "0");
  hint.see("x-ratelimit-remaining-requests", "17");
  EXPECT_EQ(hint.wait(), Wait(seconds(40)));
  EXPECT_EQ(hint.exhausted(), Wait(seconds(40)));
}

TEST(RetryHint, TheNameOfTheLimitMayStandBeforeTheWord) {
  RetryHint hint(kDate);
  hint.see("vendor-ratelimit-input-tokens-reset", "1994-11-06T08:49:47Z");
  hint.see("vendor-ratelimit-input-tokens-remaining", "0");
  EXPECT_EQ(hint.exhausted(), Wait(seconds(10)));
}

TEST(RetryHint, OtherHeadersSayNothing) {
  RetryHint hint(kDate);
  hint.see("x-ratelimit-limit-requests", "0");
  hint.see("content-length", "0");
  hint.see("x-ratelimit-resetting", "5");
  hint.see("", "");
  EXPECT_EQ(hint.wait(), std::nullopt);
  EXPECT_EQ(hint.exhausted(), std::nullopt);
}

TEST(RetryHint, KeepsABoundedNumberOfLimits) {
  RetryHint hint(kDate);
  const std::vector<std::string> names = [] {
    std::vector<std::string> made;
    for (int i = 0; i < 20; ++i) made.push_back("x-ratelimit-reset-" + std::to_string(i));
    return made;
  }();
  for (std::size_t i = 0; i < names.size(); ++i)
    hint.see(names[i], std::to_string(50 - static_cast<int>(i)));
  EXPECT_EQ(hint.wait(), Wait(seconds(45)));
}

TEST(RetryAfter, WhatIsHugeInAnyFormIsBounded) {
  const std::string digits(400, '9');
  EXPECT_EQ(parse_retry_after(digits, kDate), Wait(kRetryAfterMax));
  EXPECT_EQ(parse_retry_after("0." + digits, kDate), Wait(seconds(1)));
  EXPECT_EQ(parse_retry_after_ms(digits), Wait(kRetryAfterMax));
  EXPECT_EQ(parse_reset(digits + "s", kDate), Wait(kRetryAfterMax));
  EXPECT_EQ(parse_reset("9999-12-31T23:59:59Z", kDate), Wait(kRetryAfterMax));
  EXPECT_EQ(parse_reset("99999999999999999999", kDate), Wait(kRetryAfterMax));
}

TEST(RetryAfter, WhatIsNegativeInAnyFormIsAsIfItWereNotThere) {
  EXPECT_EQ(parse_retry_after("-5", kDate), std::nullopt);
  EXPECT_EQ(parse_retry_after("-0.5", kDate), std::nullopt);
  EXPECT_EQ(parse_retry_after_ms("-100"), std::nullopt);
  EXPECT_EQ(parse_reset("-6m0s", kDate), std::nullopt);
}

TEST(HoldTime, IsTheResetOfALimitOfWhichNothingIsLeft) {
  EXPECT_EQ(hold_time("0", "1s", kDate), Wait(seconds(1)));
  EXPECT_EQ(hold_time(" 0 ", "20ms", kDate), Wait(milliseconds(20)));
  EXPECT_EQ(hold_time("0.0", "12", kDate), Wait(seconds(12)));
  EXPECT_EQ(hold_time("0", "1994-11-06T08:49:47Z", kDate), Wait(seconds(10)));
}

TEST(HoldTime, NothingIsHeldBackWhileSomeOfTheLimitIsLeft) {
  EXPECT_EQ(hold_time("1", "1s", kDate), std::nullopt);
  EXPECT_EQ(hold_time("0.5", "1s", kDate), std::nullopt);
  EXPECT_EQ(hold_time("149984", "6m0s", kDate), std::nullopt);
}

TEST(HoldTime, NothingIsHeldBackByWhatCannotBeRead) {
  for (const char* remaining : {"", "-1", "none", "0x0", "0 of 60"})
    EXPECT_EQ(hold_time(remaining, "1s", kDate), std::nullopt) << remaining;
  for (const char* reset : {"", "-1", "soon", "0", "0s", "1994-11-06T08:49:37Z"})
    EXPECT_EQ(hold_time("0", reset, kDate), std::nullopt) << reset;
}

TEST(HoldTime, ALongResetIsAskedAboutAgainAfterAMinute) {
  EXPECT_EQ(hold_time("0", "6m0s", kDate), Wait(kHoldMax));
  EXPECT_EQ(hold_time("0", "23h59m", kDate), Wait(kHoldMax));
  EXPECT_EQ(hold_time("0", "99999999999999999", kDate), Wait(kHoldMax));
}

}  // namespace
}  // namespace headgate::select
