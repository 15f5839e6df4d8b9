#pragma once
// What must be true of a request once its grammar is: the form of its target, its one host, its
// expectation. Part of the head parser. [any]

#include <optional>
#include <string_view>

#include "core/http/head_facts.hpp"
#include "core/http/head_scan.hpp"

namespace headgate::http {

// Checks `head` and fills its target (in origin-form), authority and expect_continue. `facts` are
// those of its fields.
std::optional<Refusal> check_request(RequestHead& head, const HeadFacts& facts);

}  // namespace headgate::http
