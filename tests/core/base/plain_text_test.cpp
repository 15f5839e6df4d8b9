#include "core/base/plain_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace headgate {
namespace {

std::size_t steps(const std::string& text, NonAscii non_ascii) {
  return plain_steps(text.data(), text.size(), non_ascii);
}

TEST(PlainText, IsTakenInWholeSteps) {
  for (const NonAscii non_ascii : {NonAscii::plain, NonAscii::odd}) {
    EXPECT_EQ(steps("", non_ascii), 0u);
    EXPECT_EQ(steps(std::string(63, 'a'), non_ascii), 0u);
    EXPECT_EQ(steps(std::string(64, 'a'), non_ascii), 64u);
    EXPECT_EQ(steps(std::string(64 * 3 + 63, 'a'), non_ascii), 64u * 3);
  }
}

// Every byte at every place of the second step.
TEST(PlainText, EndsBeforeTheStepWithAByteThatHasToBeLookedAt) {
  std::string text(64 * 4, 'a');
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool odd = byte < 0x20 || byte == '"' || byte == '\\';
    for (std::size_t at = 64; at < 128; ++at) {
      text[at] = static_cast<char>(byte);
      ASSERT_EQ(steps(text, NonAscii::plain), odd ? 64u : 256u) << byte << " at " << at;
      ASSERT_EQ(steps(text, NonAscii::odd), odd || byte >= 0x80 ? 64u : 256u) << byte;
      text[at] = 'a';
    }
  }
}

}  // namespace
}  // namespace headgate
