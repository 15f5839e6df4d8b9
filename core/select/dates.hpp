#pragma once
// The dates that upstreams send. Nothing for what is not exactly such a date. [any]

#include <optional>
#include <string_view>

#include "core/base/clock.hpp"

namespace headgate::select {

// RFC 9110, 5.6.7, all three forms: "Sun, 06 Nov 1994 08:49:37 GMT",
// "Sunday, 06-Nov-94 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994".
std::optional<WallTime> parse_http_date(std::string_view text);

// "1994-11-06T08:49:37Z", with a fraction or an offset where there is one.
std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace headgate::select
