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
  append(buffer, std::string(ReadBuffer::kInitialBytes, 'x'));
  EXPECT_EQ(buffer.data().substr(0, 5), "cdefx");
  EXPECT_EQ(buffer.size(), 4 + ReadBuffer::kInitialBytes);
}

TEST(ReadBuffer, ReusesTheFrontInsteadOfGrowing) {
  ReadBuffer buffer;
  append(buffer, std::string(ReadBuffer::kInitialBytes - 4, 'a'));
  buffer.consume(ReadBuffer::kInitialBytes - 8);
  const char* before = buffer.data().data();
  append(buffer, "12345678");
  EXPECT_EQ(buffer.data(), "aaaa12345678");
  EXPECT_LT(buffer.data().data(), before);
}

TEST(ReadBuffer, GivesALargeBlockBackWhenIdle) {
  ReadBuffer buffer;
  append(buffer, std::string(100'000, 'a'));
  buffer.release_if_large();
  EXPECT_EQ(buffer.size(), 100'000u);  // not while it holds data
  buffer.consume(100'000);
  buffer.release_if_large();
  EXPECT_EQ(buffer.space(1).size(), ReadBuffer::kInitialBytes);
}

}  // namespace
}  // namespace headgate
