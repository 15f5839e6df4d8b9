#pragma once
// The text of a second answer held against what the client has of the first: how much of it says
// nothing new, where it flows from, and whether the two are the same answer at all. Two different
// answers are never put together. Pure. [worker]

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::exchange {

class TextMatch {
 public:
  // How much of the client's text a second answer has to repeat until that is no accident.
  static constexpr std::size_t kRepeatBytes = 32;

  enum class Verdict : std::uint8_t {
    hold,     // nothing of it is new yet
    flow,     // text() is what the client gets
    differs,  // it is another answer
  };

  // The answer is one that was asked for afresh: it repeats `kept`, byte for byte, and then goes
  // on. `kept` must stay as it is until the first Verdict::flow.
  static TextMatch repeated(std::string_view kept) { return TextMatch(kept, kept.size()); }
  // The answer goes on from `kept` without the white space at its end. A provider that was asked to
  // go on and repeats instead is found out.
  static TextMatch continued(std::string_view kept);

  // `kept` as it is sent for being continued: models do not go on well from a space.
  static std::string_view trimmed(std::string_view kept);

  // The next piece of the answer's text. After Verdict::flow all of the rest flows.
  Verdict take(std::string_view piece);
  // All of the answer's text has been taken: what was undecided is decided. Also when it was
  // before; then there is nothing to say (Verdict::hold).
  Verdict end();

  // REQUIRES: the last verdict was flow. Until the next call.
  std::string_view text() const { return text_; }
  bool flows() const { return flows_; }

 private:
  TextMatch(std::string_view kept, std::size_t trimmed) : kept_(kept), trimmed_(trimmed) {}

  Verdict take_repeated(std::string_view piece);
  Verdict take_continued(std::string_view piece);
  Verdict flow(std::string_view text);

  std::string_view kept_;
  std::size_t trimmed_;  // where a continuation goes on from
  bool continues_ = false;
  bool flows_ = false;
  std::size_t at_ = 0;     // bytes of kept_ that were repeated
  std::string undecided_;  // of a continuation, until it is clear that it is one
  std::string_view text_;
};

}  // namespace headgate::exchange
