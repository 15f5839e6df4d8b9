#pragma once
// Takes members out of a JSON text by cutting their bytes, with the comma that goes with them, or
// puts others in their place: what is left stands as it stood, byte for byte. Pure.

#include <headgate/json_view.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate_openai {

class JsonCuts {
 public:
  // What becomes of a member.
  struct Fate {
    bool stays = false;
    std::string instead;  // members in its place, `"a":1,"b":2`; or nothing
  };

  // The text must outlive it.
  explicit JsonCuts(std::string_view text) : text_(text) {}

  // decide(std::string_view decoded_name, const hg::JsonView& value) gives a member's Fate; where
  // it stays it may be looked into likewise. Other values than objects have no members. REQUIRES:
  // `object` is a view into the text, and calls go through it in its order.
  template <class Decide>
  void each_member(const hg::JsonView& object, const Decide& decide);

  // The text without what was cut; nothing where that is all of it.
  std::optional<std::string> result() const;

 private:
  struct Cut {
    std::size_t begin;
    std::size_t end;
    std::string instead;
  };

  std::size_t offset(const char* at) const { return static_cast<std::size_t>(at - text_.data()); }
  // Behind the comma that follows a value which ends there; there, if none does.
  std::size_t behind_comma(std::size_t end) const;
  // The next byte from there on that is no white space.
  std::size_t behind_space(std::size_t at) const;

  std::string_view text_;
  std::vector<Cut> cuts_;
};

// A member is cut from the end of the one before it, and so with the comma in front of it. Where
// none before it stays there is none in front, and the one behind it goes.
template <class Decide>
void JsonCuts::each_member(const hg::JsonView& object, const Decide& decide) {
  if (!object.is_object()) return;
  std::size_t begin = offset(object.raw().data()) + 1;
  bool kept_one = false;
  object.each_member([&](std::string_view name, hg::JsonView value) {
    std::size_t end = offset(value.raw().data()) + value.raw().size();
    Fate fate = decide(name, value);
    if (!fate.instead.empty()) {
      const std::size_t name_begin = behind_space(kept_one ? behind_comma(begin) : begin);
      cuts_.push_back({name_begin, end, std::move(fate.instead)});
      kept_one = true;
    } else if (fate.stays) {
      kept_one = true;
    } else {
      if (!kept_one) end = behind_comma(end);
      cuts_.push_back({begin, end, {}});
    }
    begin = end;
  });
}

inline std::size_t JsonCuts::behind_space(std::size_t at) const {
  return offset(hg::detail::skip_json_space(text_.data() + at, text_.data() + text_.size()));
}

inline std::size_t JsonCuts::behind_comma(std::size_t end) const {
  const std::size_t next = behind_space(end);
  return next != text_.size() && text_[next] == ',' ? next + 1 : end;
}

inline std::optional<std::string> JsonCuts::result() const {
  if (cuts_.empty()) return std::nullopt;
  std::string out;
  out.reserve(text_.size());
  std::size_t at = 0;
  for (const Cut& cut : cuts_) {
    out.append(text_, at, cut.begin - at);
    out += cut.instead;
    at = cut.end;
  }
  return out.append(text_, at);
}

}  // namespace headgate_openai
