#pragma once
// Whether one of a few words occurs in a text. For the same words in many short texts, where memmem
// spends more on its preparations than on its search: all words are looked for in one pass. Pure.
// [any]

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace headgate {

class WordFilter {
 public:
  static constexpr std::size_t kWordsMax = 4;
  // How far behind a text it may read, as into the padding of a ReadBuffer.
  static constexpr std::size_t kPadding = 64;

  // More than kWordsMax are left out. The words must outlive the filter.
  explicit WordFilter(std::span<const std::string_view> words) {
    for (const std::string_view word : words.first(std::min(words.size(), kWordsMax))) add(word);
  }

  // REQUIRES: kPadding readable bytes behind the text.
  bool finds_any_in(std::string_view text) const {
    if (count_ == 0) return false;
    for (std::size_t at = 0; at < text.size(); at += kWidth) {
      if (may_begin_at(text.data() + at) && begins_at(text, at)) return true;
    }
    return false;
  }

 private:
  // The compiler makes vector instructions of this type, whatever the processor calls them.
  using Bytes __attribute__((vector_size(16))) = std::uint8_t;
  static constexpr std::size_t kWidth = sizeof(Bytes);

  // Two bytes of a word, from inside where it is long enough: its first and last are often quotes,
  // and those are everywhere.
  struct Word {
    std::string_view text;
    std::size_t first_at = 0;
    std::size_t second_at = 0;
    Bytes first;
    Bytes second;
  };

  void add(std::string_view text) {
    if (text.empty()) return;
    Word word;
    word.text = text;
    word.first_at = text.size() > 2 ? 1 : 0;
    word.second_at =
        std::min(text.size() > 2 ? text.size() - 2 : text.size() - 1, kPadding - kWidth);
    word.first = Bytes{} + static_cast<std::uint8_t>(text[word.first_at]);
    word.second = Bytes{} + static_cast<std::uint8_t>(text[word.second_at]);
    words_[count_++] = word;
    // Unused places look for the first word again, so that the search needs no count.
    std::fill(words_.begin() + static_cast<std::ptrdiff_t>(count_), words_.end(), words_.front());
  }

  static Bytes load(const char* from) {
    Bytes bytes;
    std::memcpy(&bytes, from, kWidth);
    return bytes;
  }

  // Whether the two bytes of a word stand at their distance, for a begin among the next kWidth.
  bool may_begin_at(const char* place) const {
    const auto both = [place](const Word& word) {
      return (load(place + word.first_at) == word.first) &
             (load(place + word.second_at) == word.second);
    };
    const auto any = both(words_[0]) | both(words_[1]) | both(words_[2]) | both(words_[3]);
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), &any, kWidth);
    return (halves[0] | halves[1]) != 0;
  }

  bool begins_at(std::string_view text, std::size_t at) const {
    return std::any_of(words_.begin(), words_.end(), [&](const Word& word) {
      const std::string_view near = text.substr(at, kWidth + word.text.size() - 1);
      return near.find(word.text) != std::string_view::npos;
    });
  }

  std::array<Word, kWordsMax> words_;
  std::size_t count_ = 0;
};

}  // namespace headgate
