#pragma once
// The Date header of an answer. Pure.

#include <cstdint>
#include <optional>
#include <string_view>

namespace headgate_gemini {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, IMF-fixdate) as Unix seconds. Nothing for other forms.
std::optional<std::uint64_t> unix_seconds(std::string_view date);

}  // namespace headgate_gemini
