#include "core/base/read_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace headgate {
namespace {

void append(ReadBuffer& buffer, std::string_view text) {
  const auto space = buffer.space(text.size());
  std::copy(text.begin(), text.end(), space.begin());
  buffer.commit(text.size());
}

TEST(ReadBuffer, KeepsWhatIsNotConsumedWhenItGrows) {
  ReadBuffer buffer;
  append(buffer, "abcdef");
  buffer.consume(2);
  append(buffer, std::string(ReadBuffer::kBlockBytes, 'x'));
  EXPECT_EQ(buffer.data().substr(0, 5), "cdefx");
  EXPECT_EQ(buffer.size(), 4 + ReadBuffer::kBlockBytes);
}

TEST(ReadBuffer, ReusesTheFrontInsteadOfGrowing) {
  ReadBuffer buffer;
  append(buffer, std::string(ReadBuffer::kBlockBytes - 4, 'a'));
  buffer.consume(ReadBuffer::kBlockBytes - 8);
  const char* before = buffer.data().data();
  append(buffer, "12345678");
  EXPECT_EQ(buffer.data(), "aaaa12345678");
  EXPECT_LT(buffer.data().data(), before);
}

TEST(ReadBuffer, GivesItsMemoryBackWhenItIsEmpty) {
  ReadBuffer::Blocks blocks;
  ReadBuffer buffer(&blocks);
  append(buffer, "abc");
  buffer.release();
  EXPECT_EQ(buffer.data(), "abc");  // not while it holds data
  EXPECT_EQ(blocks.kept(), 0u);
  buffer.consume(3);
  buffer.release();
  EXPECT_EQ(blocks.kept(), 1u);
  append(buffer, "d");
  EXPECT_EQ(buffer.data(), "d");
  EXPECT_EQ(blocks.kept(), 0u);
}

TEST(ReadBuffer, GivesItsBlockBackWhenItGrowsBeyondIt) {
  ReadBuffer::Blocks blocks;
  ReadBuffer buffer(&blocks);
  append(buffer, "abc");
  append(buffer, std::string(ReadBuffer::kBlockBytes, 'x'));
  EXPECT_EQ(buffer.data().substr(0, 4), "abcx");
  EXPECT_EQ(blocks.kept(), 1u);
}

TEST(ReadBuffer, GivesItsBlockBackWhenItEnds) {
  ReadBuffer::Blocks blocks;
  {
    ReadBuffer buffer(&blocks);
    append(buffer, "abc");
  }
  EXPECT_EQ(blocks.kept(), 1u);
}

TEST(ReadBuffer, TakesAUsualSizeAgainAfterALargeOne) {
  ReadBuffer buffer;
  append(buffer, std::string(100'000, 'a'));
  buffer.consume(100'000);
  buffer.release();
  EXPECT_EQ(buffer.space(1).size(), ReadBuffer::kBlockBytes);
}

}  // namespace
}  // namespace headgate
