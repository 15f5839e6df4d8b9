#pragma once
// What the events of a stream have in common: nearly all but the words of the answer. An event that
// differs only there from others that need no closer look needs none either, if the rest of it
// holds no word that would make a difference. [worker]

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/word_filter.hpp"
#include "core/http/event_cutter.hpp"

namespace headgate::http {

class EventTemplate {
 public:
  // Larger events are not like others.
  static constexpr std::size_t kEventBytesMax = 4096;

  // `words` must outlive the template.
  explicit EventTemplate(const WordFilter& words) : words_(words) {}

  // Takes notice of an event of an SSE stream that has none of the words. From the second on the
  // template is what all had in common. An event whose last line is not its only data, from '{' to
  // '}', is left out.
  void learn(const Event& event);

  // Whether `bytes` are one whole event that is like the template, and without the words.
  // REQUIRES: WordFilter::kPadding readable bytes behind it.
  bool is_alike(std::string_view bytes) const;

  // The size of such an event at the front of `in`; 0 if there is none. REQUIRES: as above.
  std::size_t alike_at_front(std::string_view in) const;

 private:
  // The compiler makes vector instructions of this type, whatever the processor calls them.
  using Bytes __attribute__((vector_size(16))) = std::int8_t;

  bool keep_common(std::string_view raw);  // false: that is too little
  void note_borders();
  bool begins_alike(std::string_view in) const;
  bool ends_alike(std::string_view event) const;
  bool may_have_word(std::string_view middle) const;

  const WordFilter& words_;
  std::string text_;         // of the first event
  std::size_t data_at_ = 0;  // in text_
  // So many bytes at its front and end are those of the others; 0: nothing was learned.
  std::size_t front_ = 0;
  std::size_t back_ = 0;

  // What to look for between front and back. A word that is not in the template either lies there
  // as a whole, and with it the byte that was chosen for it; or it goes over a border, and then the
  // byte behind or before the border is one of a few.
  std::array<Bytes, 2 + WordFilter::kWordsMax> odd_bytes_{};  // line ends and the chosen ones
  std::bitset<256> behind_front_;
  std::bitset<256> before_back_;
};

}  // namespace headgate::http
