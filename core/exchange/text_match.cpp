#include "core/exchange/text_match.hpp"

#include <algorithm>
#include <vector>

namespace headgate::exchange {
namespace {

std::size_t common_prefix(std::string_view left, std::string_view right) {
  const std::size_t most = std::min(left.size(), right.size());
  return static_cast<std::size_t>(
      std::mismatch(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(most), right.begin())
          .first -
      left.begin());
}

// Whether `text` is one piece over and over: then a true continuation begins like the text itself.
// By the prefix function of Knuth, Morris and Pratt.
bool is_periodic(std::string_view text) {
  std::vector<std::uint32_t> border(text.size(), 0);
  for (std::size_t i = 1; i < text.size(); ++i) {
    std::uint32_t length = border[i - 1];
    while (length > 0 && text[i] != text[length]) length = border[length - 1];
    border[i] = text[i] == text[length] ? length + 1 : 0;
  }
  return !text.empty() && border.back() >= text.size() / 2;
}

}  // namespace

std::string_view TextMatch::trimmed(std::string_view kept) {
  const std::size_t last = kept.find_last_not_of(" \t\r\n");
  return kept.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

TextMatch TextMatch::continued(std::string_view kept) {
  TextMatch match(kept, trimmed(kept).size());
  match.continues_ = true;
  return match;
}

TextMatch::Verdict TextMatch::flow(std::string_view text) {
  flows_ = true;
  text_ = text;
  return text.empty() ? Verdict::hold : Verdict::flow;
}

TextMatch::Verdict TextMatch::take(std::string_view piece) {
  if (flows_) return flow(piece);
  return continues_ ? take_continued(piece) : take_repeated(piece);
}

TextMatch::Verdict TextMatch::take_repeated(std::string_view piece) {
  const std::string_view rest = kept_.substr(at_);
  const std::size_t common = common_prefix(piece, rest);
  if (common < piece.size() && common < rest.size()) return Verdict::differs;
  at_ += common;
  return at_ < kept_.size() ? Verdict::hold : flow(piece.substr(common));
}

TextMatch::Verdict TextMatch::take_continued(std::string_view piece) {
  undecided_ += piece;
  const std::string_view text = undecided_;
  const std::string_view space = kept_.substr(trimmed_);
  const std::size_t repeated = common_prefix(text, kept_);
  if (repeated == kept_.size() && repeated >= kRepeatBytes) {
    // It began anew. Unless the answer is such that going on looks the same.
    return is_periodic(kept_) ? Verdict::differs : flow(text.substr(repeated));
  }
  if (repeated == text.size() && repeated < kept_.size()) return Verdict::hold;
  if (repeated >= kRepeatBytes) return Verdict::differs;
  const std::size_t spaces = common_prefix(text, space);
  if (spaces == text.size() && spaces < space.size()) return Verdict::hold;
  return flow(text.substr(spaces));
}

TextMatch::Verdict TextMatch::end() {
  if (flows_) return Verdict::hold;
  if (!continues_) return at_ < kept_.size() ? Verdict::differs : flow({});
  const std::string_view text = undecided_;
  if (common_prefix(text, kept_) >= kRepeatBytes) return Verdict::differs;
  return flow(text.substr(common_prefix(text, kept_.substr(trimmed_))));
}

}  // namespace headgate::exchange
