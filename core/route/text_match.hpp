#pragma once
// Small comparisons on a request's own bytes: host names, query parameters. Nothing allocates but
// the decoding of a percent-encoded parameter for a regular expression. [any]

#include <optional>
#include <string>
#include <string_view>

namespace headgate::route {

// `Example.com.:8080` -> `Example.com`, `[::1]:80` -> `::1`.
std::string_view host_without_port(std::string_view host);

// How well a name or wildcard (`*.example.com`, empty for any) fits a host: 0 not at all, 1 any,
// then the longer the wildcard the more, and most for the exact name.
std::size_t host_fit(std::string_view pattern, std::string_view host);

// Whether `path` lies in `prefix` by whole segments: `/v1` holds `/v1` and `/v1/x`, not `/v1x`.
bool in_prefix(std::string_view path, std::string_view prefix);

// The still encoded value of the first parameter of that name: empty when it has none, nothing
// when it is not there. The name is compared after decoding.
std::optional<std::string_view> find_parameter(std::string_view query, std::string_view name);

// Compares a percent-encoded text (`+` is a space) with a plain one.
bool decoded_equal(std::string_view encoded, std::string_view plain);
// A percent sign that begins no escape stays.
std::string decode(std::string_view encoded);

}  // namespace headgate::route
