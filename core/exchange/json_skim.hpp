#pragma once
// Finds the members of a JSON text, and checks all of it (RFC 8259). It goes through strings 16
// bytes at a time and builds no index, which costs a fraction of what a whole parser does. Pure.
// [any]

#include <string_view>

#include "core/exchange/json_scan.hpp"

namespace headgate::exchange {

// Objects and arrays in each other; a text that is deeper is none here.
inline constexpr int kJsonDepthMax = 1000;

// What `text` holds at its top level; where it is no JSON, `out` holds anything. REQUIRES: `text`
// begins with a brace or bracket; 64 readable bytes behind it. To `seen` is added what members of
// objects at any depth are called.
JsonShape skim(std::string_view text, JsonMembers& out, const WatchedNames& watched,
               SeenNames& seen);

// Whether `text` is one JSON value, with white space around it or not. REQUIRES: 64 readable bytes
// behind it. To `seen` is added the same.
bool is_json(std::string_view text, const WatchedNames& watched, SeenNames& seen);
bool is_json(std::string_view text);

// Whether `text` is one JSON string and nothing else. REQUIRES: as above.
bool is_json_string(std::string_view text);

}  // namespace headgate::exchange
