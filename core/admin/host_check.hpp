#pragma once
// Keeps web pages away from the admin listener. A page that a browser shows can send requests to
// 127.0.0.1, and with a DNS name that it points there it can even read the answers (DNS rebinding).
// Both are told by the headers that the browser adds. Pure. [any]

#include <span>
#include <string>
#include <string_view>

namespace headgate::admin {

// Whether a Host header names something that no page can own: an IP address, localhost, a name
// under .localhost, or one of `configured`. With or without a port. An empty host is not trusted.
bool is_trusted_host(std::string_view authority, std::span<const std::string> configured);

// Whether a browser sent this on behalf of another site. `origin` and `fetch_site` are the Origin
// and Sec-Fetch-Site headers, empty when absent, as they are from anything but a browser.
bool is_cross_site(std::string_view authority, std::string_view origin,
                   std::string_view fetch_site);

}  // namespace headgate::admin
