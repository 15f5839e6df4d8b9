#include "core/http/event_template.hpp"

#include <algorithm>
#include <cstring>

#include "core/base/byte_scan.hpp"

namespace headgate::http {
namespace {

constexpr std::string_view kEventEnd = "\n\n";
// The least that all end with: "}\n\n".
constexpr std::size_t kBackMin = kEventEnd.size() + 1;

// Whether its only data are an object in its last line. No CR: then an event has as many line ends
// as it has LFs, and only one form.
bool is_plain_object(const Event& event) {
  const std::string_view data = event.data;
  if (data.size() < 2 || data.front() != '{' || data.back() != '}') return false;
  const std::string_view raw = event.raw;
  // Several data lines, joined, do not lie in the raw bytes.
  return raw.ends_with(kEventEnd) &&
         data.data() + data.size() == raw.data() + raw.size() - kEventEnd.size() &&
         !raw.starts_with("\xEF\xBB\xBF") && raw.find('\r') == std::string_view::npos;
}

std::size_t index_of(char c) {
  return static_cast<unsigned char>(c);
}

// One that is rare in the words of an answer: a quote, which would be escaped there, or else no
// letter if there is one.
char chosen_byte(std::string_view word) {
  if (word.find('"') != std::string_view::npos) return '"';
  for (const char c : word)
    if (c > ' ' && c < '0') return c;
  for (const char c : word)
    if (c > 'Z' && c < 'a') return c;
  return word.back();
}

}  // namespace

void EventTemplate::learn(const Event& event) {
  if (event.raw.size() > kEventBytesMax || !is_plain_object(event)) return;
  const std::string_view raw = event.raw;
  if (front_ > 0 && keep_common(raw)) return;
  text_ = raw;
  data_at_ = raw.size() - kEventEnd.size() - event.data.size();
  back_ = kBackMin;
  front_ = raw.size() - back_;
  note_borders();
}

// Words that begin or end alike do not count: what varies is a whole value, most often a string.
bool EventTemplate::keep_common(std::string_view raw) {
  const std::string_view text = text_;
  std::size_t front = common_prefix(raw, text.substr(0, front_));
  const std::size_t quote = raw.substr(0, front).rfind('"');
  front = quote == std::string_view::npos ? 0 : quote + 1;
  if (front <= data_at_) return false;
  std::size_t back = common_suffix(raw.substr(front), text.substr(front));
  const std::size_t next_quote = raw.find('"', raw.size() - back);
  if (next_quote != std::string_view::npos) back = raw.size() - next_quote;
  if (back < kBackMin) return false;
  front_ = front;
  back_ = back;
  note_borders();
  return true;
}

void EventTemplate::note_borders() {
  const std::string_view front = std::string_view(text_).substr(0, front_);
  const std::string_view back = std::string_view(text_).substr(text_.size() - back_);
  behind_front_.reset();
  before_back_.reset();
  odd_bytes_.fill(Bytes{} + '\n');
  odd_bytes_[1] = Bytes{} + '\r';
  for (std::size_t i = 0; i < words_.count(); ++i) {
    const std::string_view word = words_.word(i);
    odd_bytes_[2 + i] = Bytes{} + static_cast<std::int8_t>(chosen_byte(word));
    for (std::size_t at = 1; at < word.size(); ++at) {
      // One byte decides it nearly always.
      if (front.back() == word[at - 1] && front.ends_with(word.substr(0, at)))
        behind_front_.set(index_of(word[at]));
      if (back.front() == word[at] && back.starts_with(word.substr(at)))
        before_back_.set(index_of(word[at - 1]));
    }
  }
}

bool EventTemplate::begins_alike(std::string_view in) const {
  return front_ > 0 && in.size() >= front_ + back_ && are_equal(in.data(), text_.data(), front_);
}

// In doubt: yes. REQUIRES: 16 readable bytes behind it.
bool EventTemplate::may_have_word(std::string_view middle) const {
  if (middle.empty() || behind_front_.test(index_of(middle.front())) ||
      before_back_.test(index_of(middle.back())))
    return true;
  // The bytes behind the middle do not count.
  static constexpr std::array<std::int8_t, 2 * sizeof(Bytes)> kMask = {
      -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
  Bytes found{};
  for (std::size_t at = 0; at < middle.size(); at += sizeof(Bytes)) {
    Bytes bytes;
    Bytes mask;
    std::memcpy(&bytes, middle.data() + at, sizeof(bytes));
    std::memcpy(&mask, kMask.data() + sizeof(mask) - std::min(middle.size() - at, sizeof(mask)),
                sizeof(mask));
    Bytes odd = bytes == odd_bytes_[0];
    for (std::size_t i = 1; i < odd_bytes_.size(); ++i) odd |= bytes == odd_bytes_[i];
    found |= odd & mask;
  }
  std::array<std::uint64_t, 2> halves;
  std::memcpy(halves.data(), &found, sizeof(found));
  return (halves[0] | halves[1]) != 0;
}

// Whether `event` has none of the words, and ends as it should. REQUIRES: it begins_alike().
bool EventTemplate::ends_alike(std::string_view event) const {
  if (event.size() < front_ + back_ || event.size() > kEventBytesMax) return false;
  const std::size_t back_at = event.size() - back_;
  if (!are_equal(event.data() + back_at, text_.data() + text_.size() - back_, back_)) return false;
  const std::string_view middle = event.substr(front_, back_at - front_);
  if (!may_have_word(middle)) return true;
  if (find_either(middle, '\n', '\r', 0) != middle.size()) return false;
  const std::size_t begin = front_ - std::min(front_, words_.longest());
  const std::size_t end = std::min(back_at + words_.longest(), event.size());
  return !words_.finds_any_in(event.substr(begin, end - begin));
}

bool EventTemplate::is_alike(std::string_view bytes) const {
  return begins_alike(bytes) && ends_alike(bytes);
}

std::size_t EventTemplate::alike_at_front(std::string_view in) const {
  if (!begins_alike(in)) return 0;
  const std::size_t size = find_either(in, '\n', '\r', front_) + kEventEnd.size();
  if (size > in.size() || !ends_alike(in.substr(0, size))) return 0;
  return size;
}

}  // namespace headgate::http
