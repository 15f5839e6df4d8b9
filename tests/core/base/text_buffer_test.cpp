#include "core/base/text_buffer.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace headgate {
namespace {

void append(TextBuffer& buffer, std::string_view text) {
  char* const to = buffer.room(text.size());
  buffer.set_end(std::copy(text.begin(), text.end(), to));  // also of nothing into no room
}

TEST(TextBuffer, KeepsItsTextWhileItGrows) {
  TextBuffer buffer;
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 50), static_cast<char>('a' + i % 26));
    append(buffer, piece);
    expected += piece;
    ASSERT_EQ(buffer.view(), expected);
  }
}

TEST(TextBuffer, TakesNoMoreThanWasWritten) {
  TextBuffer buffer;
  char* const to = buffer.room(100);
  std::memcpy(to, "abc", 3);
  buffer.set_end(to + 3);
  EXPECT_EQ(buffer.view(), "abc");
  EXPECT_EQ(buffer.size(), 3u);
}

TEST(TextBuffer, KeepsUsualMemoryAndGivesALargeOneBack) {
  TextBuffer buffer;
  append(buffer, std::string(100, 'x'));
  const char* const memory = buffer.view().data();
  buffer.clear(100);
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_EQ(buffer.room(100), memory);

  append(buffer, std::string(101, 'x'));
  buffer.clear(100);
  EXPECT_EQ(buffer.view().data(), nullptr);
  append(buffer, "again");
  EXPECT_EQ(buffer.view(), "again");
}

}  // namespace
}  // namespace headgate
