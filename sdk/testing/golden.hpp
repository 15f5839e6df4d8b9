#pragma once
// Golden files of a provider: what goes in and what must come out, in the plugin's own folder.
//
//   golden/CASE/config.json    the instance's configuration; {} where it is missing
//               request.in     the body that the client (or its dialect) hands over
//               request.out    line, headers and body for the vendor, or why it is refused
//               response.in    a whole answer of the vendor
//               response.out   what the client gets, and the tokens counted
//               stream.in      a stream of the vendor, as server-sent events
//               stream.out     each event: its flags and what the client gets; the tokens counted
//               error.in       first line: the status; then "name: value" headers, a blank line,
//               the body error.out      the verdict
//
// Each .in is optional but request.in. HEADGATE_UPDATE_GOLDEN=1 writes the .out files; review the
// diff. Every stream is also run with the client already served (only what the plan's literals let
// through is shown to the plugin: the outcome must be the same) and cut behind each of its events.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "fake_host.hpp"

namespace hg::testing {

// The folders below `golden`, sorted by name. Throws where there are none: a test that finds
// nothing has not passed.
std::vector<std::filesystem::path> golden_cases(const std::filesystem::path& golden);

// Runs one case against the provider `id`. What differs, for people; empty when nothing does.
std::string run_golden(FakeHost& host, std::string_view id, const std::filesystem::path& folder);

}  // namespace hg::testing
