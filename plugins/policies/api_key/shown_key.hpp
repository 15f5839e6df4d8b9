#pragma once
// The key that a client shows, and where it stood.

#include <headgate/call.hpp>
#include <headgate/location.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace headgate_api_key {

struct ShownKey {
  std::string_view key;  // in the call, or in `decoded`
  std::string decoded;   // where the key was percent-encoded
  std::string header;    // that it stood in, or "?" and the query parameter's name

  std::string_view value() const { return decoded.empty() ? key : std::string_view(decoded); }
};

// Without a location: Authorization: Bearer, then the headers in which the other API formats carry
// their key. An empty key counts as none.
std::optional<ShownKey> shown_key(hg::Call& call, const hg::Location& location);

}  // namespace headgate_api_key
