#include "core/observe/access_record.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

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
  record.add_attribute("x", "");
  EXPECT_EQ(record.attempts()[0].endpoint, "");
  EXPECT_EQ(record.attempts()[0].status, 0);
  EXPECT_EQ(record.attempts()[0].error_code, "");
  EXPECT_EQ(record.attempts()[0].duration.count(), 0);
  EXPECT_EQ(record.attributes()[0].second, "");
}

TEST(AccessRecord, KeepsCopiesOfTextsOfEverySize) {
  AccessRecord record;
  std::vector<std::string> texts;
  std::vector<KeptText> kept;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t size = 0; size < 300; ++size) {
      std::string text(size, static_cast<char>('a' + size % 26));
      kept.push_back(record.keep(text));
      texts.push_back(text);
      text.assign(size, '!');
    }
    for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(kept[i], texts[i]);
    record.reset();
    texts.clear();
    kept.clear();
  }
}

TEST(AccessRecord, UsesItsOwnRoomAgainAndGivesBackWhatLargeTextsTook) {
  AccessRecord record;
  const std::string_view first = record.keep("first");
  EXPECT_EQ(record.keep(std::string(1019, 'r')), std::string(1019, 'r'));
  EXPECT_EQ(record.large_texts(), 0u);
  record.keep("x");
  record.keep(std::string(60'000, 't'));
  EXPECT_EQ(record.large_texts(), 2u);
  record.reset();
  EXPECT_EQ(record.large_texts(), 0u);
  EXPECT_EQ(std::string_view(record.keep("again")).data(), first.data());
}

TEST(AccessRecord, ListsAFewAttemptsAndCountsTheOthers) {
  AccessRecord record;
  for (int i = 0; i < 11; ++i) record.add_attempt().endpoint = record.keep(std::to_string(i));
  EXPECT_EQ(record.attempt_count(), 11u);
  ASSERT_EQ(record.attempts().size(), AccessRecord::kListedAttemptsMax);
  EXPECT_EQ(record.attempts().front().endpoint, "0");
  EXPECT_EQ(record.attempts().back().endpoint, "7");
}

TEST(AccessRecord, HasAMaximumOfAttributes) {
  AccessRecord record;
  for (std::size_t i = 0; i < AccessRecord::kAttributesMax + 5; ++i) record.add_attribute("a", "b");
  EXPECT_EQ(record.attributes().size(), AccessRecord::kAttributesMax);
}

}  // namespace
}  // namespace headgate::observe
