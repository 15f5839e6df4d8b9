#pragma once
// For texts that are read in many places: what a JsonView's lookup would walk through again and
// again is found once.

#include <headgate/json_view.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <string_view>

namespace hg {

// The members of an object, found in one walk for several lookups. Holds no more than kMembersMax
// of them; what lies behind is looked for in the text. The text must outlive it.
class JsonMembers {
 public:
  static constexpr std::size_t kMembersMax = 24;

  JsonMembers() = default;
  explicit JsonMembers(const JsonView& object) : object_(object) {
    object.each_member([this](std::string_view name, JsonView value) { return add(name, value); });
  }
  // As JsonView's.
  JsonView operator[](std::string_view name) const {
    for (std::size_t i = 0; i < count_; ++i)
      if (members_[i].name == name) return members_[i].value;
    return complete_ ? JsonView() : object_[name];
  }
  // As JsonView's.
  template <class Visit>
  void each(Visit&& visit) const;
  const JsonView& object() const { return object_; }

 private:
  struct Member {
    std::string_view name;
    JsonView value;
  };

  // False: this member, and what follows, has no place here.
  bool add(std::string_view name, const JsonView& value);

  JsonView object_;
  std::array<Member, kMembersMax> members_;
  std::size_t count_ = 0;
  bool complete_ = true;  // all members are here
};

inline bool JsonMembers::add(std::string_view name, const JsonView& value) {
  // A name that had to be decoded does not stand in the text. Of members with one name the first
  // counts, so none behind it can be kept either.
  const std::string_view text = object_.raw();
  const std::less<const char*> before;
  const bool in_text =
      !before(name.data(), text.data()) && before(name.data(), text.data() + text.size());
  complete_ = complete_ && in_text && count_ < kMembersMax;
  if (complete_) members_[count_++] = Member{name, value};
  return complete_;
}

template <class Visit>
void JsonMembers::each(Visit&& visit) const {
  if (!complete_) return object_.each_member(visit);
  for (std::size_t i = 0; i < count_; ++i)
    if (!JsonView::go_on(visit, members_[i].name, members_[i].value)) return;
}

// A text that is read in many places: walked through once, which also says whether it is JSON. Its
// views then pass over long values without walking through them. Of about 4 KiB, whatever the text;
// the text and the document must outlive the views.
class JsonDocument {
 public:
  JsonDocument() = default;
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  // JsonView::valid(text). Earlier views die.
  bool read(std::string_view text) noexcept;
  // Of a text that is valid; otherwise it does not exist.
  JsonView root() const noexcept { return root_; }

 private:
  detail::JsonSkips skips_;
  JsonView root_;
};

inline bool JsonDocument::read(std::string_view text) noexcept {
  root_ = JsonView();
  const char* const end = text.data() + text.size();
  const char* const begin = detail::skip_json_space(text.data(), end);
  skips_.reset(begin, end);
  const char* const behind = detail::StrictValues::behind(begin, end, &skips_, 0);
  if (!behind || detail::skip_json_space(behind, end) != end) return false;
  root_ = JsonView(JsonView::AsCut(), begin, behind, &skips_);
  return true;
}

}  // namespace hg
