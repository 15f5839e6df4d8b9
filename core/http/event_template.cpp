#include "core/http/event_template.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/byte_scan.hpp"

namespace headgate::http {
namespace {

constexpr std::string_view kEventEnd = "\n\n";

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

// A string that is a value, at the same place of two texts that differ there first.
struct OtherString {
  std::size_t begin = 0;  // behind its quote
  std::size_t end = 0;    // the quote that ends it in one, and in the other
  std::size_t other_end = 0;
};

// The quote that ends the string whose inside holds `at`, an offset in JSON; npos if there is none.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (;;) {
    at = text.find_first_of("\"\\", at);
    if (at == std::string_view::npos || text[at] == '"') return at;
    at += 2;
  }
}

bool is_value(std::string_view before) {
  while (!before.empty() && (before.back() == ' ' || before.back() == '\t'))
    before.remove_suffix(1);
  return before.ends_with(':');
}

// False: they differ first elsewhere. REQUIRES: `text` is JSON from `from` on, which is outside any
// string.
bool find_difference(std::string_view text, std::string_view other, std::size_t from,
                     OtherString& found) {
  const std::size_t common = common_prefix(text, other);
  for (std::size_t at = from; (at = text.find('"', at)) < common; ++at) {
    const std::size_t begin = at + 1;
    const std::size_t end = end_of_string(text, begin);
    if (end == std::string_view::npos) return false;
    if (end >= common) {
      found = OtherString{begin, end, end_of_string(other, begin)};
      return is_value(text.substr(0, at)) && found.other_end != std::string_view::npos;
    }
    at = end;
  }
  return false;
}

}  // namespace

static_assert(FewBytes::kCountMax >= 2 + WordFilter::kWordsMax);
static_assert(FewBytes::kPadding <= WordFilter::kPadding);

EventTemplate::EventTemplate(const WordFilter& words) : words_(words) {
  odd_bytes_.add('"');
  odd_bytes_.add('\\');
  for (std::size_t i = 0; i < words.count(); ++i) odd_bytes_.add(chosen_byte(words.word(i)));
}

std::string_view EventTemplate::text() const {
  return {reinterpret_cast<const char*>(blocks_.data()), size_};
}

void EventTemplate::set_text(std::string_view raw) {
  // Room for the parts as well, so that it does not move.
  const std::size_t blocks = (raw.size() / kStep + 1) * (kStep / sizeof(Block));
  blocks_.reserve(2 * blocks + 2 * (kStep / sizeof(Block)));
  blocks_.resize(blocks);
  std::memcpy(blocks_.data(), raw.data(), raw.size());
  size_ = raw.size();
}

// Of the text, in blocks of its own. REQUIRES: it is not empty, and blocks_ has room.
EventTemplate::Part EventTemplate::add_part(std::string_view part) {
  static constexpr std::array<std::int8_t, 2 * kStep> kMask = [] {
    std::array<std::int8_t, 2 * kStep> mask{};
    std::fill_n(mask.begin(), kStep, std::int8_t{-1});
    return mask;
  }();
  Part added;
  added.size = part.size();
  added.last_at = (part.size() - 1) / kStep * kStep;
  std::memcpy(added.masks.data(), kMask.data() + kStep - (part.size() - added.last_at), kStep);
  if (part.data() == text().data()) return added;  // where it is already
  added.block = blocks_.size();
  blocks_.resize(added.block + (added.last_at + kStep) / sizeof(Block));
  std::memcpy(blocks_.data() + added.block, part.data(), part.size());
  return added;
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
  const std::string_view raw = event.raw;
  if (learned_ == kLearnedMax || raw.size() > kEventBytesMax || !is_plain_object(event)) return;
  ++learned_;
  // One that is not alike for its bytes now and then is no reason to look for another template.
  if (learned_ < 4 && begins_and_ends_alike(raw)) return;
  if (words_.finds_any_in(raw)) return;
  if (size_ > 0 && (raw == text() || differs_in_strings(raw))) return;
  forget();
  set_text(raw);
  data_at_ = raw.size() - kEventEnd.size() - event.data.size();
}

void EventTemplate::forget() {
  size_ = 0;
  front_ = back_ = joint_ = Part();
}

// From the first event: where it does, that makes the template.
bool EventTemplate::differs_in_strings(std::string_view raw) {
  const std::string_view first = text();
  OtherString one;
  if (!find_difference(first, raw, data_at_, one)) return false;
  const std::string_view front = first.substr(0, one.begin);
  const std::string_view rest = first.substr(one.end);
  const std::string_view raw_rest = raw.substr(one.other_end);
  if (rest == raw_rest) {
    set_parts(front, {}, rest);
    return true;
  }
  OtherString two;
  if (!find_difference(rest, raw_rest, 1, two)) return false;
  const std::string_view back = rest.substr(two.end);
  if (back != raw_rest.substr(two.other_end)) return false;
  set_parts(front, rest.substr(0, two.begin), back);
  return true;
}

void EventTemplate::set_parts(std::string_view front, std::string_view joint,
                              std::string_view back) {
  if (front.size() == front_.size && joint.size() == joint_.size && back.size() == back_.size)
    return;
  blocks_.resize((size_ / kStep + 1) * (kStep / sizeof(Block)));  // without other parts
  front_ = add_part(front);
  joint_ = joint.empty() ? Part() : add_part(joint);
  back_ = add_part(back);
  if (joint.empty()) note_borders();
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

// Between front and end. In doubt: no. REQUIRES: there is something between them.
bool EventTemplate::is_plain_string(std::string_view event) const {
  const std::string_view middle(event.data() + front_.size,
                                event.size() - front_.size - back_.size);
  if (behind_front_.may_be_at(middle.front()) && goes_over_front(event)) return false;
  if (before_back_.may_be_at(middle.back()) && goes_over_back(event)) return false;
  return !odd_bytes_.is_any_in(middle);
}

// The same for two strings.
bool EventTemplate::are_plain_strings(std::string_view event) const {
  const std::string_view middle(event.data() + front_.size,
                                event.size() - front_.size - back_.size);
  const std::size_t first = odd_bytes_.find_in(middle);
  const std::size_t second_at = first + joint_.size;
  return first > 0 && second_at < middle.size() &&
         !any(difference(middle.data() + first, joint_)) &&
         !odd_bytes_.is_any_in(middle.substr(second_at)) && !words_.finds_any_in(event);
}

bool EventTemplate::begins_and_ends_alike(std::string_view bytes) const {
  const std::size_t shortest = front_.size + back_.size;
  // What an empty string says may be something else than what words say.
  if (shortest == 0 || bytes.size() <= shortest || bytes.size() > kEventBytesMax) return false;
  return !any(difference(bytes.data(), front_) |
              difference(bytes.data() + bytes.size() - back_.size, back_));
}

bool EventTemplate::is_alike(std::string_view bytes) {
  if (!begins_and_ends_alike(bytes)) return false;
  const bool plain = joint_.size == 0 ? is_plain_string(bytes) : are_plain_strings(bytes);
  if (plain) learned_ = 0;
  return plain;
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
