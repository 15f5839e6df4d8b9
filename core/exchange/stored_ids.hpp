#pragma once
// Requests that name things which a provider has stored: files, responses, batches. Only the
// account that stored them knows them, so nobody else is asked. The gateway keeps no list of who
// stored what: it is the provider whose ids look so, otherwise the first in the file that can do
// what is asked, which is also where such things are stored. [worker]

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/exchange/request_context.hpp"
#include "core/plugin/manifest.hpp"

namespace headgate::exchange {

// The first text or list in the body at one of these pointers, in which "*" is every element of a
// list, as it stands. Costs nothing where the scan saw no such name.
std::optional<std::string_view> find_stored_id(JsonBody& body, JsonScanner& scanner,
                                               std::span<const std::string> pointers);

// Adds the names without which there is nothing at such a pointer, for the scan to watch for.
void add_names_in(std::span<const std::string> pointers, std::vector<std::string>& names);

// Says in the request whose store it is about, if it is about one. REQUIRES: its backend is known,
// and its body read.
void settle_store(RequestContext& request);

}  // namespace headgate::exchange
