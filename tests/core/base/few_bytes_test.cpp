#include "core/base/few_bytes.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace headgate {
namespace {

// Where it finds the first one in `text`, whatever lies behind that, in a block that ends behind
// the padding, so that AddressSanitizer sees a read past it.
std::size_t found_in(const FewBytes& bytes, const std::string& text, char behind) {
  const std::size_t size = text.size() + FewBytes::kPadding;
  const std::unique_ptr<char[]> block(new char[size]);
  std::string(text + std::string(FewBytes::kPadding, behind)).copy(block.get(), size);
  const std::string_view view(block.get(), text.size());
  const std::size_t at = bytes.find_in(view);
  EXPECT_EQ(bytes.is_any_in(view), at < text.size());
  return at;
}

TEST(FewBytes, FindsEachOfThemAtEveryPlace) {
  const std::string wanted = "\"\\[\x7f\x80\xff";
  for (std::size_t count = 0; count <= wanted.size(); ++count) {
    FewBytes bytes;
    for (const char c : wanted.substr(0, count)) bytes.add(c);
    for (std::size_t size = 0; size < 70; ++size) {
      std::string text(size, 'x');
      EXPECT_EQ(found_in(bytes, text, '\n'), size) << "behind the text";
      for (std::size_t at = 0; at < size; ++at) {
        for (std::size_t i = 0; i < wanted.size(); ++i) {
          text[at] = wanted[i];
          EXPECT_EQ(found_in(bytes, text, '"'), i < count ? at : size) << i << " of " << count;
        }
        text[at] = 'x';
      }
    }
  }
}

TEST(FewBytes, FindsTheFirstOfSeveral) {
  FewBytes bytes;
  bytes.add('"');
  EXPECT_EQ(found_in(bytes, "a \n and \"", 'x'), 2u);
  EXPECT_EQ(found_in(bytes, std::string(40, 'a') + "\"\n", 'x'), 40u);
}

TEST(FewBytes, TakesEveryControlByteForOneOfThem) {
  FewBytes bytes;
  bytes.add('"');
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string(20, 'x') + static_cast<char>(byte);
    EXPECT_EQ(found_in(bytes, text, 'x') == 20, byte < 0x20 || byte == '"') << byte;
  }
}

TEST(FewBytes, TakesTheSameByteAnyNumberOfTimes) {
  FewBytes bytes;
  for (int round = 0; round < 20; ++round)
    for (const char c : {'a', 'b', 'c', 'd', 'e', 'f'}) bytes.add(c);
  EXPECT_EQ(found_in(bytes, "xf", 'x'), 1u);
  EXPECT_EQ(found_in(bytes, "ax", 'x'), 0u);
  EXPECT_EQ(found_in(bytes, "xg", 'x'), 2u);
}

}  // namespace
}  // namespace headgate
