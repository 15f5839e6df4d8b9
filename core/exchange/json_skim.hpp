#pragma once
// Finds the members of a JSON text of the usual kind: few brackets, long strings, mostly ASCII. It
// goes through strings 16 bytes at a time and builds no index, which costs a fraction of what a
// whole parser does. What it accepts is JSON, checked to the bottom but for the escapes inside of
// strings; where it is in doubt it says so, and simdjson decides. Pure. [any]

#include <optional>
#include <string_view>

#include "core/exchange/json_scan.hpp"

namespace headgate::exchange {

// What simdjson would find, or nothing where it is to be asked; `out` then holds anything.
// REQUIRES: `text` begins with a brace or bracket; 64 readable bytes behind it.
std::optional<JsonShape> skim(std::string_view text, JsonMembers& out);

// Whether `text` is one whole JSON string. No: ask again with more time. REQUIRES: 64 readable
// bytes behind it.
bool is_usual_string(std::string_view text);

}  // namespace headgate::exchange
