#include "core/http/event_template.hpp"

#include <algorithm>
#include <array>
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

// starts_with() and ends_with(), where the byte at the border is the same already: nearly always
// the one that is furthest from it is not. REQUIRES: `part` is not empty.
bool stands_at_front(std::string_view text, std::string_view part) {
  return text.size() >= part.size() && text[part.size() - 1] == part.back() &&
         text.starts_with(part);
}
bool stands_at_end(std::string_view text, std::string_view part) {
  return text.size() >= part.size() && text[text.size() - part.size()] == part.front() &&
         text.ends_with(part);
}

// Bytes of the two blocks that are compared at a time.
constexpr std::size_t kStep = 32;

}  // namespace

static_assert(FewBytes::kCountMax >= 2 + WordFilter::kWordsMax);
static_assert(FewBytes::kPadding <= WordFilter::kPadding);

EventTemplate::EventTemplate(const WordFilter& words) : words_(words) {
  odd_bytes_.add('\n');
  odd_bytes_.add('\r');
  for (std::size_t i = 0; i < words.count(); ++i) odd_bytes_.add(chosen_byte(words.word(i)));
}

std::string_view EventTemplate::text() const {
  return {reinterpret_cast<const char*>(blocks_.data()), size_};
}

void EventTemplate::set_text(std::string_view raw) {
  blocks_.resize((raw.size() / kStep + 1) * (kStep / sizeof(Block)));
  std::memcpy(blocks_.data(), raw.data(), raw.size());
  size_ = raw.size();
}

// REQUIRES: size > 0.
EventTemplate::Part EventTemplate::part_of(std::size_t size) {
  static constexpr std::array<std::int8_t, 2 * kStep> kMask = [] {
    std::array<std::int8_t, 2 * kStep> mask{};
    std::fill_n(mask.begin(), kStep, std::int8_t{-1});
    return mask;
  }();
  Part part;
  part.size = size;
  part.last_at = (size - 1) / kStep * kStep;
  std::memcpy(part.masks.data(), kMask.data() + kStep - (size - part.last_at), kStep);
  return part;
}

void EventTemplate::set_common(std::size_t front, std::size_t back) {
  if (front == front_.size && back == back_.size) return;
  front_ = part_of(front);
  back_ = part_of(back);
  // Where it begins at a block.
  back_.block = (size_ / kStep + 1) * (kStep / sizeof(Block));
  blocks_.resize(back_.block + (back_.last_at + kStep) / sizeof(Block));
  std::memcpy(blocks_.data() + back_.block, text().data() + size_ - back, back);
  borders_noted_ = false;
}

// Not zero where `from` does not begin with that part. REQUIRES: kStep readable bytes behind it.
EventTemplate::Block EventTemplate::difference(const char* from, const Part& part) const {
  const char* const blocks = reinterpret_cast<const char*>(blocks_.data() + part.block);
  const auto differ = [&](std::size_t at) {
    Block other;
    std::memcpy(&other, __builtin_assume_aligned(blocks + at, sizeof(other)), sizeof(other));
    return load_sixteen<Block>(from + at) ^ other;
  };
  Block first = differ(part.last_at) & part.masks[0];
  Block second = differ(part.last_at + sizeof(Block)) & part.masks[1];
  for (std::size_t at = 0; at < part.last_at; at += kStep) {
    first |= differ(at);
    second |= differ(at + sizeof(Block));
  }
  return first | second;
}

void EventTemplate::learn(const Event& event) {
  if (event.raw.size() > kEventBytesMax || !is_plain_object(event)) return;
  const std::string_view raw = event.raw;
  if (front_.size > 0 && keep_common(raw)) return;
  set_text(raw);
  front_ = back_ = Part();
  data_at_ = raw.size() - kEventEnd.size() - event.data.size();
  set_common(raw.size() - kBackMin, kBackMin);
}

// Words that begin or end alike do not count: what varies is a whole value, most often a string.
bool EventTemplate::keep_common(std::string_view raw) {
  std::size_t front = common_prefix(raw, text().substr(0, front_.size));
  const std::size_t quote = raw.substr(0, front).rfind('"');
  front = quote == std::string_view::npos ? 0 : quote + 1;
  if (front <= data_at_) return false;
  std::size_t back = common_suffix(raw.substr(front), text().substr(front));
  const std::size_t next_quote = raw.find('"', raw.size() - back);
  if (next_quote != std::string_view::npos) back = raw.size() - next_quote;
  if (back < kBackMin) return false;
  set_common(front, back);
  return true;
}

void EventTemplate::Border::add(std::string_view part, char nearest) {
  next.set(static_cast<unsigned char>(nearest));
  if (count < kPartsMax) parts[count] = part;
  ++count;
}

void EventTemplate::note_borders() {
  const std::string_view front = text().substr(0, front_.size);
  const std::string_view back = text().substr(size_ - back_.size);
  const char last = front.back();
  const char first = back.front();
  behind_front_ = before_back_ = Border();
  for (std::size_t i = 0; i < words_.count(); ++i) {
    const std::string_view word = words_.word(i);
    for (std::size_t at = 1; at < word.size(); ++at) {
      // One byte decides it nearly always.
      if (word[at - 1] == last && front.ends_with(word.substr(0, at)))
        behind_front_.add(word.substr(at), word[at]);
      if (word[at] == first && back.starts_with(word.substr(at)))
        before_back_.add(word.substr(0, at), word[at - 1]);
    }
  }
  borders_noted_ = true;
}

bool EventTemplate::goes_over_front(std::string_view event) const {
  const std::string_view behind = event.substr(front_.size);
  for (std::size_t i = 0; i < std::min(behind_front_.count, Border::kPartsMax); ++i)
    if (stands_at_front(behind, behind_front_.parts[i])) return true;
  return behind_front_.count > Border::kPartsMax;
}

bool EventTemplate::goes_over_back(std::string_view event) const {
  const std::string_view before = event.substr(0, event.size() - back_.size);
  for (std::size_t i = 0; i < std::min(before_back_.count, Border::kPartsMax); ++i)
    if (stands_at_end(before, before_back_.parts[i])) return true;
  return before_back_.count > Border::kPartsMax;
}

// In doubt: yes. REQUIRES: `event` begins and ends alike.
bool EventTemplate::may_have_word(std::string_view event) {
  if (!borders_noted_) note_borders();
  const std::string_view middle(event.data() + front_.size,
                                event.size() - front_.size - back_.size);
  if (middle.empty()) return true;
  if (behind_front_.may_be_at(middle.front()) && goes_over_front(event)) return true;
  if (before_back_.may_be_at(middle.back()) && goes_over_back(event)) return true;
  return odd_bytes_.is_any_in(middle);
}

// A closer look. REQUIRES: the same.
bool EventTemplate::has_word(std::string_view event) const {
  const std::size_t back_at = event.size() - back_.size;
  if (find_either(event.substr(0, back_at), '\n', '\r', front_.size) != back_at) return true;
  const std::size_t begin = front_.size - std::min(front_.size, words_.longest());
  const std::size_t end = std::min(back_at + words_.longest(), event.size());
  return words_.finds_any_in(event.substr(begin, end - begin));
}

bool EventTemplate::is_alike(std::string_view bytes) {
  const std::size_t shortest = front_.size + back_.size;
  if (shortest == 0 || bytes.size() < shortest || bytes.size() > kEventBytesMax) return false;
  const Block other = difference(bytes.data(), front_) |
                      difference(bytes.data() + bytes.size() - back_.size, back_);
  return !any(other) && (!may_have_word(bytes) || !has_word(bytes));
}

std::size_t EventTemplate::alike_at_front(std::string_view in) {
  if (front_.size == 0 || in.size() < front_.size + back_.size ||
      any(difference(in.data(), front_)))
    return 0;
  const std::size_t size = find_either(in, '\n', '\r', front_.size) + kEventEnd.size();
  if (size > in.size() || !is_alike(std::string_view(in.data(), size))) return 0;
  return size;
}

}  // namespace headgate::http
