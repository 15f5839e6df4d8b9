#include "core/base/json_text.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace headgate {
namespace {

TEST(JsonText, EscapesWhatJsonForbidsInAString) {
  EXPECT_EQ(json_quote("a\"b\\c\n\t\r"), R"("a\"b\\c\n\t\r")");
  EXPECT_EQ(json_quote(std::string_view("\x01\x1f\x7f\0", 4)), R"("\u0001\u001f\u007f\u0000")");
}

TEST(JsonText, KeepsWellFormedUtf8) {
  EXPECT_EQ(json_quote("grüße 🙂"), "\"grüße 🙂\"");
}

TEST(JsonText, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(json_quote("a\xff"
                       "b"),
            "\"a\\ufffdb\"");
  EXPECT_EQ(json_quote("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");  // a surrogate
  EXPECT_EQ(json_quote("\xc0\x80"), "\"\\ufffd\\ufffd\"");             // overlong
  EXPECT_EQ(json_quote("\xe2\x82"), "\"\\ufffd\\ufffd\"");             // cut off
}

// One byte at a time, as RFC 8259 has it; for ASCII.
std::string quoted_slowly(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
    out += plain ? std::string(1, c) : json_quote(std::string(1, c)).substr(1);
    if (!plain) out.pop_back();
  }
  return out + "\"";
}

TEST(JsonText, FindsEveryByteThatNeedsAnEscapeAtEveryPlaceOfEveryLength) {
  for (std::size_t size = 0; size <= 70; ++size) {
    const std::string plain(size, 'x');
    EXPECT_EQ(json_quote(plain), '"' + plain + '"');
    for (std::size_t at = 0; at < size; ++at) {
      for (const char byte : {'\0', '\x1f', ' ', '!', '"', '#', '[', '\\', ']', '~', '\x7f'}) {
        std::string text = plain;
        text[at] = byte;
        ASSERT_EQ(json_quote(text), quoted_slowly(text)) << size << ' ' << at << ' ' << +byte;
      }
      std::string text = plain;
      text[at] = '\xff';
      const std::string expected = plain.substr(0, at) + "\\ufffd" + plain.substr(at + 1);
      ASSERT_EQ(json_quote(text), '"' + expected + '"');
    }
  }
}

TEST(JsonText, WritesToMemoryWhatItAppendsToAString) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 80, ' ');
    const bool any_byte = random() % 2 == 0;
    for (char& c : text) c = static_cast<char>(any_byte ? random() % 256 : 0x20 + random() % 0x60);
    std::string memory(json_string_room(text.size()) + 1, '~');
    const char* const end = write_json_string(memory.data(), text);
    const auto written = static_cast<std::size_t>(end - memory.data());
    std::string out = "before";
    append_json_string(out, text);
    EXPECT_EQ("before" + memory.substr(0, written), out);
    EXPECT_EQ(memory.back(), '~');
  }
}

TEST(JsonText, StaysInItsRoomWhenEveryByteNeedsTheLongestEscape) {
  const std::string text(50, '\x01');
  std::string memory(json_string_room(text.size()) + 1, '~');
  EXPECT_EQ(write_json_string(memory.data(), text), memory.data() + memory.size() - 1);
  EXPECT_EQ(memory.back(), '~');
}

}  // namespace
}  // namespace headgate
