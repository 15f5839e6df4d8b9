#pragma once
// Events of a stream, and the words that matter in them, for tests of the template. [main]

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "core/http/event_template.hpp"

namespace headgate::http {

inline constexpr std::array<std::string_view, 4> kWords = {"\"tokens\"", "\"reason\":\"",
                                                           "\"error\"", "[DONE]"};

// Bytes in a block that ends behind their padding, so that AddressSanitizer sees a read past it.
class PaddedBytes {
 public:
  explicit PaddedBytes(std::string_view text)
      : bytes_(new char[text.size() + WordFilter::kPadding]()), size_(text.size()) {
    text.copy(bytes_.get(), text.size());
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

inline std::string event_of(std::string_view words) {
  return R"(data: {"id":"x","delta":{"content":")" + std::string(words) +
         R"("},"reason":null,"usage":null})" + "\n\n";
}

inline bool has_word(std::string_view text) {
  for (const std::string_view word : kWords)
    if (text.find(word) != std::string_view::npos) return true;
  return false;
}

inline void learn_in(EventTemplate& alike, std::string_view raw) {
  const PaddedBytes padded(raw);
  EventCutter cutter(EventFraming::sse);
  const Cut cut = cutter.next(padded.view());
  ASSERT_EQ(cut.consumed, raw.size());
  alike.learn(cut.event);
}

inline std::string event_of_two(std::string_view words, std::string_view noise,
                                std::string_view end = "1") {
  return "event: a\ndata: {\"content\":\"" + std::string(words) + "\",\"n\":null,\"noise\":\"" +
         std::string(noise) + "\",\"end\":" + std::string(end) + "}\n\n";
}

}  // namespace headgate::http
