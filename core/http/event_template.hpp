#pragma once
// What the events of a stream have in common: nearly all but the words of the answer. An event that
// differs only there from others that need no closer look needs none either, if the rest of it
// holds no word that would make a difference. [worker]

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/few_bytes.hpp"
#include "core/base/sixteen_bytes.hpp"
#include "core/base/word_filter.hpp"
#include "core/http/event_cutter.hpp"

namespace headgate::http {

class EventTemplate {
 public:
  // Larger events are not like others.
  static constexpr std::size_t kEventBytesMax = 4096;

  // `words` must outlive the template.
  explicit EventTemplate(const WordFilter& words);

  // Takes notice of an event of an SSE stream that has none of the words. From the second on the
  // template is what all had in common. An event whose last line is not its only data, from '{' to
  // '}', is left out.
  void learn(const Event& event);

  // Whether `bytes` are one whole event that is like the template, and without the words.
  // REQUIRES: WordFilter::kPadding readable bytes behind it.
  bool is_alike(std::string_view bytes);

  // The size of such an event at the front of `in`; 0 if there is none. REQUIRES: as above.
  std::size_t alike_at_front(std::string_view in);

 private:
  using Block = SixteenSigned;

  // Compared two blocks at a time; in the last two not all bytes may count.
  struct Part {
    std::size_t size = 0;
    std::size_t block = 0;    // in blocks_, where it begins
    std::size_t last_at = 0;  // bytes before its last two blocks
    std::array<Block, 2> masks{};
  };

  std::string_view text() const;
  void set_text(std::string_view raw);
  void set_common(std::size_t front, std::size_t back);
  static Part part_of(std::size_t size);
  Block difference(const char* from, const Part& part) const;
  bool keep_common(std::string_view raw);  // false: that is too little
  [[gnu::noinline]] void note_borders();
  [[gnu::always_inline]] inline bool may_have_word(std::string_view event);
  // Not inlined, for they are seldom called.
  [[gnu::noinline]] bool goes_over_front(std::string_view event) const;
  [[gnu::noinline]] bool goes_over_back(std::string_view event) const;
  bool has_word(std::string_view event) const;

  const WordFilter& words_;
  std::vector<Block> blocks_;  // the first event, and its end once more
  std::size_t size_ = 0;       // of the first event
  std::size_t data_at_ = 0;    // in it
  // What is at its front and end is so with the others. Of size 0: nothing was learned.
  Part front_;
  Part back_;

  // What to look for between front and back. A word that is not in the template either lies there
  // as a whole, and with it the byte that was chosen for it; or it goes over a border, and then its
  // rest stands behind the front, or what it begins with before the end.
  struct Border {
    static constexpr std::size_t kPartsMax = 8;

    bool may_be_at(char c) const { return next.test(static_cast<unsigned char>(c)); }
    void add(std::string_view part, char nearest);

    std::bitset<256> next;  // the byte at the border
    std::array<std::string_view, kPartsMax> parts;
    std::size_t count = 0;  // more than kPartsMax: not all are known
  };
  FewBytes odd_bytes_;          // line ends and the chosen ones
  bool borders_noted_ = false;  // of the front and the end as they are now
  Border behind_front_;
  Border before_back_;
};

}  // namespace headgate::http
