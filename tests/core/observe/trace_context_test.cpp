#include "core/observe/trace_context.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

#include "tests/support/scripted_rng.hpp"

namespace headgate::observe {
namespace {

constexpr std::string_view kValid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceParent, IsReadInItsParts) {
  const auto parent = parse_traceparent(kValid);
  ASSERT_TRUE(parent);
  EXPECT_EQ(hex(parent->trace), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(hex(parent->span), "b7ad6b7169203331");
  EXPECT_TRUE(parent->sampled());
  EXPECT_EQ(format_traceparent(*parent), kValid);
}

TEST(TraceParent, OnlyTheBitOfSampledSaysThatItIs) {
  std::string value(kValid);
  for (const auto& [flags, sampled] : std::initializer_list<std::pair<const char*, bool>>{
           {"00", false}, {"02", false}, {"fe", false}, {"03", true}, {"ff", true}}) {
    value.replace(53, 2, flags);
    ASSERT_TRUE(parse_traceparent(value)) << value;
    EXPECT_EQ(parse_traceparent(value)->sampled(), sampled) << value;
  }
}

TEST(TraceParent, FlagsWithoutAMeaningAreNotPassedOn) {
  std::string value(kValid);
  value.replace(53, 2, "ff");
  EXPECT_TRUE(format_traceparent(*parse_traceparent(value)).ends_with("-03"));
  value.replace(0, 2, "01");
  EXPECT_TRUE(format_traceparent(*parse_traceparent(value)).ends_with("-01"));
}

TEST(TraceParent, OfZerosIsNone) {
  EXPECT_FALSE(parse_traceparent("00-00000000000000000000000000000000-b7ad6b7169203331-01"));
  EXPECT_FALSE(parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"));
  EXPECT_TRUE(parse_traceparent("00-00000000000000000000000000000001-0000000000000001-01"));
  EXPECT_TRUE(parse_traceparent("00-10000000000000000000000000000000-1000000000000000-01"));
}

TEST(TraceParent, OfALaterVersionIsReadAsFarAsItIsKnown) {
  std::string later(kValid);
  later.replace(0, 2, "cc");
  EXPECT_TRUE(parse_traceparent(later));
  EXPECT_TRUE(parse_traceparent(later + "-what-the-future-brings"));
  EXPECT_TRUE(parse_traceparent(later + "-"));
  EXPECT_FALSE(parse_traceparent(later + "."));
  EXPECT_FALSE(parse_traceparent(later + "0"));
  later.replace(0, 2, "ff");
  EXPECT_FALSE(parse_traceparent(later));
  EXPECT_FALSE(parse_traceparent(std::string(kValid) + "-x"));
  EXPECT_FALSE(parse_traceparent(std::string(kValid) + "-"));
}

TEST(TraceParent, IsReadInNoOtherSpelling) {
  EXPECT_FALSE(parse_traceparent(""));
  EXPECT_FALSE(parse_traceparent(" " + std::string(kValid)));
  EXPECT_FALSE(parse_traceparent(std::string(kValid) + " "));
  EXPECT_FALSE(parse_traceparent("00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01"));
  for (std::size_t size = 0; size < kValid.size(); ++size) {
    EXPECT_FALSE(parse_traceparent(kValid.substr(0, size))) << size;
  }
}

// Whatever a byte is changed to: digits at digits' places are read back as they are, all else is
// refused.
TEST(TraceParent, IsRefusedWhereAByteIsWrong) {
  for (std::size_t place = 0; place < kValid.size(); ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string value(kValid);
      value[place] = static_cast<char>(byte);
      const bool is_digit =
          std::string_view("0123456789abcdef").find(value[place]) != std::string_view::npos;
      const bool allowed = kValid[place] == '-' ? byte == '-' : byte != 0 && is_digit;
      const auto parent = parse_traceparent(value);
      ASSERT_EQ(parent.has_value(), allowed) << value;
      if (parent && place > 2 && place < 52) {
        ASSERT_EQ(format_traceparent(*parent).substr(2, 50), value.substr(2, 50));
      }
    }
  }
}

TEST(TraceParent, OfAnyBytesIsReadOrRefused) {
  std::mt19937 random(7);
  const std::string_view bytes = "0123456789abcdef-AFg \t\x80";
  for (int round = 0; round < 20'000; ++round) {
    std::string value(kValid);
    const auto changes = random() % 4;
    for (std::size_t i = 0; i < changes; ++i) {
      const char byte = bytes[static_cast<std::size_t>(random() % bytes.size())];
      const std::size_t place = static_cast<std::size_t>(random() % (value.size() + 1));
      if (random() % 4 == 0) {
        value.insert(place, 1, byte);
      } else if (place < value.size()) {
        value[place] = byte;
      }
    }
    const auto parent = parse_traceparent(value);
    if (parent) {
      const auto again = parse_traceparent(format_traceparent(*parent));
      ASSERT_TRUE(again) << value;
      ASSERT_EQ(again->trace, parent->trace);
      ASSERT_EQ(again->span, parent->span);
    }
  }
}

TEST(Ids, AreDrawnInWholeAndNeverZero) {
  ScriptedRng zeros_first{0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(draw_span_id(zeros_first), 1u);
  ScriptedRng span{0x1234, 0x5678, 0x9abc, 0xdef0};
  EXPECT_EQ(hex(draw_span_id(span)), "123456789abcdef0");
  ScriptedRng trace{0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 0xffff};
  EXPECT_EQ(hex(draw_trace_id(trace)), "0001000200030004000500060007ffff");
  EXPECT_EQ(trace.bounds.front(), 0x10000u);
}

TEST(Ids, AreNotDrawnTwice) {
  const auto rng = make_rng(1);
  std::set<SpanId> seen;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(draw_span_id(*rng)).second);
}

TEST(Sampling, WithoutATraceIsAMatterOfTheRandomShare) {
  const auto rng = make_rng(1);
  EXPECT_FALSE(sample(std::nullopt, {.random = 0, .client = 1}, *rng));
  const auto trace = sample(std::nullopt, {.random = 1, .client = 0}, *rng);
  ASSERT_TRUE(trace);
  EXPECT_TRUE(trace->self.trace);
  EXPECT_NE(trace->self.span, 0u);
  EXPECT_EQ(trace->parent, 0u);
  EXPECT_TRUE(trace->self.sampled());
  ScriptedRng below({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {0.2499});
  EXPECT_TRUE(sample(std::nullopt, {.random = 0.25, .client = 0}, below));
  ScriptedRng at({}, {0.25});
  EXPECT_FALSE(sample(std::nullopt, {.random = 0.25, .client = 0}, at));
}

TEST(Sampling, OfAClientsTraceIsAMatterOfTheClientShare) {
  const auto rng = make_rng(1);
  EXPECT_FALSE(sample(kValid, {.random = 1, .client = 0}, *rng));
  const auto trace = sample(kValid, {.random = 0, .client = 1}, *rng);
  ASSERT_TRUE(trace);
  EXPECT_EQ(hex(trace->self.trace), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(hex(trace->parent), "b7ad6b7169203331");
  EXPECT_NE(trace->self.span, trace->parent);
}

TEST(Sampling, LeavesATraceAloneThatItsClientDoesNotRecord) {
  const auto rng = make_rng(1);
  std::string value(kValid);
  value.back() = '0';
  EXPECT_FALSE(sample(value, {.random = 1, .client = 1}, *rng));
}

TEST(Sampling, BeginsANewTraceWhereTheClientsCannotBeRead) {
  const auto rng = make_rng(1);
  const auto trace = sample("00-nonsense", {.random = 1, .client = 0}, *rng);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->parent, 0u);
  EXPECT_FALSE(sample("00-nonsense", {.random = 0, .client = 1}, *rng));
}

}  // namespace
}  // namespace headgate::observe
