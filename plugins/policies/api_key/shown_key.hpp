#pragma once
// The key that a client shows, and where it stood.

#include <headgate/call.hpp>
#include <headgate/location.hpp>

#include <optional>
#include <string_view>

namespace headgate_api_key {

// Views that live as long as the callback or the call.
struct ShownKey {
  std::string_view key;     // decoded
  std::string_view header;  // that it stood in, or "?" and the query parameter's name
};

// Without a location: Authorization: Bearer, then the headers in which the other API formats carry
// their key. An empty key counts as none.
std::optional<ShownKey> shown_key(hg::Call& call, const hg::Location& location);

}  // namespace headgate_api_key
