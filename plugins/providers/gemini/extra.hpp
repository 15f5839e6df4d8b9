#pragma once
// Members that the chat format does not know, on their way back to Gemini: which of them are its
// own, and which may not be brought in like this. Pure.

#include <headgate/json_view.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace headgate_gemini {

// Whether Google reads `given` as the member `name`: its JSON takes "functionCall" and
// "function_call" alike. REQUIRES: `name` is written the first way.
inline bool is_named(std::string_view given, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (const char c : given) {
    if (c == '_') continue;
    if (name.empty() || lower(c) != lower(name.front())) return false;
    name.remove_prefix(1);
  }
  return name.empty();
}

template <class Names>
bool is_named_one_of(std::string_view given, const Names& names) {
  for (const std::string_view name : names) {
    if (is_named(given, name)) return true;
  }
  return false;
}

// What the chat format has of a call and of a picture's bytes; their other members are Gemini's.
inline constexpr std::array<std::string_view, 3> kCallMembers = {"id", "name", "args"};
inline constexpr std::array<std::string_view, 2> kBytesMembers = {"mimeType", "data"};

// Names for x-headgate-dropped, until it is known whether they count.
using Lost = std::vector<std::string>;

// Members of a JSON object without its brackets, or nothing.
struct FurtherMembers {
  std::string part;    // of the part
  std::string inside;  // of the object in it that the chat has in part: see Holds
};

// What a part holds beside what `extra` has of it: text or a file, a functionCall, a picture in
// inlineData, a functionResponse, or nothing.
enum class Holds { text, call, picture, result, nothing };

// Gemini's own members of `extra`, for a part of `path` ("messages"). All else is added to `lost`.
FurtherMembers read_part_extra(const hg::JsonView& extra, Holds holds, std::string_view path,
                               Lost& lost);
// The same of the "headgate" of a call, part or message, which need not exist.
FurtherMembers read_part_headgate(const hg::JsonView& headgate, Holds holds, std::string_view path,
                                  Lost& lost);

// The same of the Content that a message becomes; `blocks` of the message are read elsewhere.
std::string read_content_headgate(const hg::JsonView& headgate, bool has_blocks, Lost& lost);

// Gemini's own members of the request, in the same way, and of its generationConfig (inside).
FurtherMembers read_request_headgate(const hg::JsonView& headgate, Lost& lost);

}  // namespace headgate_gemini
