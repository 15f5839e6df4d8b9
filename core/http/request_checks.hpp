#pragma once
// What must be true of a request once its grammar is: the form of its target, its one host, its
// expectation. Part of the head parser. [any]

#include <optional>
#include <string_view>

#include "core/http/head_scan.hpp"

namespace headgate::http {

// Checks `head` and fills its target (in origin-form), authority and expect_continue. `host` and
// `expectation` are the values of Host and Expect, where there are any.
std::optional<Refusal> check_request(RequestHead& head, std::optional<std::string_view> host,
                                     std::optional<std::string_view> expectation);

}  // namespace headgate::http
