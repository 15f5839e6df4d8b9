#pragma once
// `headgate.extra` of the neutral form: members that it has no place for, by the id of the format
// that has them.
//
//   "headgate": {"extra": {"gemini.generate": {"labels": {"team": "a"}}}}
//
// Who speaks that format puts them back into the object that they are of, the others leave them out
// and name them. What the neutral form has a member for is not taken from there: policies look for
// it where it has its place.

#include <headgate/json_view.hpp>

#include <string>
#include <string_view>

namespace hg::llm {

// own(std::string_view name, JsonView value) for members of the format `origin`, other(format) for
// each other format that has some.
template <class Own, class Other>
void each_extra(const JsonView& extra, std::string_view origin, const Own& own,
                const Other& other) {
  extra.each_member([&](std::string_view format, JsonView members) {
    if (format == origin) {
      members.each_member([&](std::string_view name, JsonView value) { own(name, value); });
    } else if (!members.empty()) {
      other(format);
    }
  });
}

// What members in the "headgate" of an object are called in x-headgate-dropped; `path` is what the
// object's own are called, "messages", or empty for the request.
inline std::string headgate_name(std::string_view path, std::string_view member) {
  std::string name(path);
  if (!name.empty()) name += '.';
  name += "headgate";
  if (!member.empty()) name.append(1, '.').append(member);
  return name;
}

}  // namespace hg::llm
