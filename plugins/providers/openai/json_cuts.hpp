#pragma once
// Takes members out of a JSON text by cutting their bytes, with the comma that goes with them: what
// is left stands as it stood, byte for byte. Pure.

#include <headgate/json_view.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate_openai {

class JsonCuts {
 public:
  // The text must outlive it.
  explicit JsonCuts(std::string_view text) : text_(text) {}

  // keep(std::string_view decoded_name, const hg::JsonView& value) says whether a member stays; it
  // may look into the value with keep_members() if so. Other values than objects have none.
  // REQUIRES: `object` is a view into the text, and calls go through it in its order.
  template <class Keep>
  void keep_members(const hg::JsonView& object, const Keep& keep);

  // The text without what was cut; nothing where that is all of it.
  std::optional<std::string> result() const;

 private:
  struct Cut {
    std::size_t begin;
    std::size_t end;
  };

  std::size_t offset(const char* at) const { return static_cast<std::size_t>(at - text_.data()); }
  // Behind the comma that follows a value which ends there; there, if none does.
  std::size_t behind_comma(std::size_t end) const;

  std::string_view text_;
  std::vector<Cut> cuts_;
};

// A member is cut from the end of the one before it, and so with the comma in front of it. Where
// none before it stays there is none in front, and the one behind it goes.
template <class Keep>
void JsonCuts::keep_members(const hg::JsonView& object, const Keep& keep) {
  if (!object.is_object()) return;
  std::size_t begin = offset(object.raw().data()) + 1;
  bool kept_one = false;
  object.each_member([&](std::string_view name, hg::JsonView value) {
    std::size_t end = offset(value.raw().data()) + value.raw().size();
    if (keep(name, value)) {
      kept_one = true;
    } else {
      if (!kept_one) end = behind_comma(end);
      cuts_.push_back({begin, end});
    }
    begin = end;
  });
}

inline std::size_t JsonCuts::behind_comma(std::size_t end) const {
  const char* const behind = text_.data() + text_.size();
  const char* const next = hg::detail::skip_json_space(text_.data() + end, behind);
  return next != behind && *next == ',' ? offset(next) + 1 : end;
}

inline std::optional<std::string> JsonCuts::result() const {
  if (cuts_.empty()) return std::nullopt;
  std::string out;
  out.reserve(text_.size());
  std::size_t at = 0;
  for (const Cut& cut : cuts_) {
    out.append(text_, at, cut.begin - at);
    at = cut.end;
  }
  return out.append(text_, at);
}

}  // namespace headgate_openai
