#include "core/base/byte_scan.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace headgate {
namespace {

// Text in a block of exactly its size, so that AddressSanitizer sees a read past its end.
class Exact {
 public:
  explicit Exact(std::string_view text) : bytes_(new char[text.size()]), size_(text.size()) {
    text.copy(bytes_.get(), size_);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

TEST(ByteScan, TellsWhatTextsOfEveryLengthShare) {
  for (std::size_t size = 0; size < 150; ++size) {
    const std::string text(size, 'x');
    const Exact one(text);
    EXPECT_EQ(common_prefix(one.view(), Exact(text).view()), size);
    EXPECT_EQ(common_prefix(one.view(), Exact(text + "yy").view()), size);
    EXPECT_EQ(common_suffix(one.view(), Exact("yy" + text).view()), size);
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = text;
      other[at] = '\xff';
      EXPECT_EQ(common_prefix(one.view(), Exact(other).view()), at) << size;
      EXPECT_EQ(common_prefix(Exact(other.substr(0, at + 1)).view(), one.view()), at) << size;
      EXPECT_EQ(common_suffix(one.view(), Exact(other).view()), size - at - 1) << size;
      EXPECT_EQ(common_suffix(Exact(other.substr(at)).view(), one.view()), size - at - 1) << size;
    }
  }
}

TEST(ByteScan, FindsEitherByteAtEveryPlace) {
  for (std::size_t size = 0; size < 70; ++size) {
    const std::string text(size, 'x');
    EXPECT_EQ(find_either(Exact(text).view(), '\n', '\xff', size / 3), size);
    for (std::size_t at = 0; at < size; ++at) {
      for (const char byte : {'\n', '\xff'}) {
        std::string other = text;
        other[at] = byte;
        const Exact given(other);
        EXPECT_EQ(find_either(given.view(), '\n', '\xff', 0), at);
        EXPECT_EQ(find_either(given.view(), '\xff', '\n', at), at);
        EXPECT_EQ(find_either(given.view(), '\n', '\xff', at + 1), size);
      }
    }
  }
}

}  // namespace
}  // namespace headgate
