#pragma once
// What the events of a stream have in common: nearly all but the words of the answer. An event that
// differs from others, which are known to be JSON and to need no closer look, only in the text of
// one string or two, and holds no word that would make a difference, is JSON as well and needs none
// either. [worker]

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
  // Events that it takes notice of, if none is found alike between them.
  static constexpr std::size_t kLearnedMax = 24;

  // `words` must outlive the template.
  explicit EventTemplate(const WordFilter& words);

  // Takes notice of an event of an SSE stream whose data are known to be JSON. From the second on,
  // if they differ only in the text of one string or two, which are values, the template is the
  // rest of them. Left out is an event that has a word, and one whose last line is not its only
  // data, from '{' to '}'. REQUIRES: WordFilter::kPadding readable bytes behind event.raw.
  void learn(const Event& event);

  // Nothing was learned.
  void forget();

  // Whether `bytes` are one whole event that is like the template, and without the words. Of those
  // that are like it, some with escapes or rare bytes in their strings are not found to be.
  // REQUIRES: as above.
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
  Part add_part(std::string_view part);
  Block difference(const char* from, const Part& part) const;
  bool differs_in_strings(std::string_view raw);
  void set_parts(std::string_view front, std::string_view joint, std::string_view back);
  bool begins_and_ends_alike(std::string_view bytes) const;
  void note_borders();
  // Not inlined, for it is seldom called.
  [[gnu::noinline]] bool goes_over_front(std::string_view event) const;
  [[gnu::noinline]] bool goes_over_back(std::string_view event) const;
  [[gnu::always_inline]] inline bool is_plain_string(std::string_view event) const;
  [[gnu::noinline]] bool are_plain_strings(std::string_view event) const;

  const WordFilter& words_;
  std::vector<Block> blocks_;  // the first event, then the parts
  std::size_t size_ = 0;       // of the first event
  std::size_t data_at_ = 0;    // in it
  std::size_t learned_ = 0;    // events, since one was alike
  // Up to the quote that begins the first string; from the quote that ends the last. Of size 0:
  // there is no template.
  Part front_;
  Part back_;
  Part joint_;  // between two strings, with their quotes; of size 0: there is one string

  // What to look for beside the string of a template. A word that is not in the template either
  // lies there as a whole, and with it the byte that was chosen for it; or it goes over a border,
  // and then its rest stands behind the front, or what it begins with before the end.
  struct Border {
    static constexpr std::size_t kPartsMax = 8;

    bool may_be_at(char c) const { return next.test(static_cast<unsigned char>(c)); }
    void add(std::string_view part, char nearest);

    std::bitset<256> next;  // the byte at the border
    std::array<std::string_view, kPartsMax> parts;
    std::size_t count = 0;  // more than kPartsMax: not all are known
  };
  FewBytes odd_bytes_;  // what may end or escape a string, and the chosen ones
  Border behind_front_;
  Border before_back_;
};

}  // namespace headgate::http
