#include "core/base/few_bytes.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace headgate {
namespace {

// Whether it finds any in `text`, whatever lies behind that, in a block that ends behind the
// padding, so that AddressSanitizer sees a read past it.
bool finds(const FewBytes& bytes, const std::string& text, char behind) {
  const std::size_t size = text.size() + FewBytes::kPadding;
  const std::unique_ptr<char[]> block(new char[size]);
  std::string(text + std::string(FewBytes::kPadding, behind)).copy(block.get(), size);
  return bytes.is_any_in(std::string_view(block.get(), text.size()));
}

TEST(FewBytes, FindsEachOfThemAtEveryPlace) {
  const std::string wanted = "\n\r\"[\x80\xff";
  for (std::size_t count = 1; count <= wanted.size(); ++count) {
    FewBytes bytes;
    for (const char c : wanted.substr(0, count)) bytes.add(c);
    for (std::size_t size = 0; size < 70; ++size) {
      std::string text(size, 'x');
      EXPECT_FALSE(finds(bytes, text, wanted[count - 1])) << "behind the text, of " << size;
      for (std::size_t at = 0; at < size; ++at) {
        for (std::size_t i = 0; i < wanted.size(); ++i) {
          text[at] = wanted[i];
          EXPECT_EQ(finds(bytes, text, 'x'), i < count) << i << " at " << at << " of " << size;
        }
        text[at] = 'x';
      }
    }
  }
}

TEST(FewBytes, TakesTheSameByteAnyNumberOfTimes) {
  FewBytes bytes;
  for (int round = 0; round < 20; ++round)
    for (const char c : {'a', 'b', 'c', 'd', 'e', 'f'}) bytes.add(c);
  EXPECT_TRUE(finds(bytes, "xf", 'x'));
  EXPECT_TRUE(finds(bytes, "ax", 'x'));
  EXPECT_FALSE(finds(bytes, "xg", 'x'));
}

}  // namespace
}  // namespace headgate
