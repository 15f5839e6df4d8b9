#include "core/observe/access_record.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/observe/access_format.hpp"
#include "tests/core/observe/sample_record.hpp"

namespace headgate::observe {
namespace {

std::string as_json(const AccessRecord& record) {
  TextBuffer out;
  append_json_line(out, record, FieldSelection());
  return std::string(out.view());
}

TEST(AccessRecord, IsAsNewAfterReset) {
  AccessRecord record;
  fill_sample(record);
  record.reset();
  EXPECT_EQ(as_json(record), as_json(AccessRecord()));
  EXPECT_EQ(record.attempts().size(), 0u);
  EXPECT_EQ(record.attributes().size(), 0u);
}

TEST(AccessRecord, ShowsNothingOfAnEarlierRequestInWhatItUsesAgain) {
  AccessRecord record;
  fill_sample(record);
  record.reset();
  record.add_attempt();
  record.add_attribute({"x", "", {}});
  EXPECT_EQ(record.attempts()[0].endpoint, "");
  EXPECT_EQ(record.attempts()[0].status, 0);
  EXPECT_EQ(record.attempts()[0].error_code, "");
  EXPECT_EQ(record.attempts()[0].duration.count(), 0);
  EXPECT_EQ(record.attributes()[0].json, "");
}

TEST(AccessRecord, ListsAFewAttemptsAndCountsTheOthers) {
  AccessRecord record;
  constexpr std::string_view kNames = "0123456789x";
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    record.add_attempt().endpoint = kNames.substr(i, 1);
  }
  EXPECT_EQ(record.attempt_count(), 11u);
  ASSERT_EQ(record.attempts().size(), AccessRecord::kListedAttemptsMax);
  EXPECT_EQ(record.attempts().front().endpoint, "0");
  EXPECT_EQ(record.attempts().back().endpoint, "7");
}

TEST(AccessRecord, HasAMaximumOfAttributes) {
  AccessRecord record;
  for (std::size_t i = 0; i < AccessRecord::kAttributesMax + 5; ++i) {
    record.add_attribute({"a", "1", {}});
  }
  EXPECT_EQ(record.attributes().size(), AccessRecord::kAttributesMax);
}

}  // namespace
}  // namespace headgate::observe
