#pragma once
// Whether one of a few words occurs in a text. For the same words in many short texts, where memmem
// spends more on its preparations than on its search: all words are looked for in one pass. Pure.
// [any]

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/sixteen_bytes.hpp"

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

  std::size_t count() const { return count_; }
  std::string_view word(std::size_t index) const { return words_[index].text; }
  // Bytes of the longest word.
  std::size_t longest() const { return longest_; }

  // REQUIRES: kPadding readable bytes behind the text.
  bool finds_any_in(std::string_view text) const {
    switch (count_) {
      case 0:
        return false;
      case 1:
        return finds<1>(text);
      case 2:
        return finds<2>(text);
      case 3:
        return finds<3>(text);
      default:
        return finds<kWordsMax>(text);
    }
  }

 private:
  static constexpr std::size_t kWidth = sizeof(SixteenBytes);

  // Two bytes of a word stand for it: its last, in which it differs from what begins like it, and
  // of the others one that is rare.
  struct Word {
    std::string_view text;
    std::size_t first_at = 0;
    std::size_t second_at = 0;
    SixteenBytes first;
    SixteenBytes second;
  };

  void add(std::string_view text) {
    if (text.empty()) return;
    Word word;
    word.text = text;
    word.second_at = std::min(text.size() - 1, kPadding - kWidth);
    for (std::size_t at = 0; at < word.second_at; ++at)
      if (rarity(text[at]) >= rarity(text[word.first_at])) word.first_at = at;
    word.first = SixteenBytes{} + static_cast<std::uint8_t>(text[word.first_at]);
    word.second = SixteenBytes{} + static_cast<std::uint8_t>(text[word.second_at]);
    words_[count_++] = word;
    longest_ = std::max(longest_, text.size());
  }

  // Higher for what is rarer in JSON with English text.
  static constexpr std::array<std::uint8_t, 256> kRarity = [] {
    constexpr std::string_view kCommonFirst = "\" etaoinsrhldcu,:mfpgwyb";
    std::array<std::uint8_t, 256> rarity{};
    rarity.fill(kCommonFirst.size());
    for (std::size_t i = 0; i < kCommonFirst.size(); ++i)
      rarity[static_cast<std::uint8_t>(kCommonFirst[i])] = static_cast<std::uint8_t>(i);
    return rarity;
  }();
  static std::uint8_t rarity(char c) { return kRarity[static_cast<std::uint8_t>(c)]; }

  // The places at which both bytes of the word stand as they do in it.
  static SixteenFlags places(const char* at, const Word& word) {
    return (load_sixteen(at + word.first_at) == word.first) &
           (load_sixteen(at + word.second_at) == word.second);
  }

  // Whether a word may begin among the next kWidth places.
  template <std::size_t kCount>
  bool may_begin(const char* at) const {
    SixteenFlags found = places(at, words_[0]);
    if constexpr (kCount > 1) found |= places(at, words_[1]);
    if constexpr (kCount > 2) found |= places(at, words_[2]);
    if constexpr (kCount > 3) found |= places(at, words_[3]);
    return places_of(found) != 0;
  }

  bool begins(std::string_view text, std::size_t at) const {
    for (std::size_t i = 0; i < count_; ++i) {
      for (unsigned left = places_of(places(text.data() + at, words_[i])); left != 0;
           left &= left - 1) {
        const std::size_t place = at + static_cast<std::size_t>(std::countr_zero(left));
        if (place < text.size() && text.substr(place).starts_with(words_[i].text)) return true;
      }
    }
    return false;
  }

  template <std::size_t kCount>
  bool finds(std::string_view text) const {
    for (std::size_t at = 0; at < text.size(); at += kWidth) {
      if (may_begin<kCount>(text.data() + at) && begins(text, at)) return true;
    }
    return false;
  }

  std::array<Word, kWordsMax> words_;
  std::size_t count_ = 0;
  std::size_t longest_ = 0;
};

}  // namespace headgate
