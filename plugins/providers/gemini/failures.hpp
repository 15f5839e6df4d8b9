#pragma once
// What Gemini's errors mean. Source: https://ai.google.dev/gemini-api/docs/troubleshooting and
// google.rpc.Status with its details. Pure.

#include <headgate/provider.hpp>

#include <cstdint>
#include <string_view>

namespace headgate_gemini {

struct Asked {
  bool pass_through = false;
  bool configured_model = false;
  bool client_credential = false;
};

// Refines the verdict of a failure with a status (of the answer or of an error event).
void judge(hg::Call& call, std::uint32_t status, std::string_view body, const Asked& asked,
           hg::Verdict& verdict);

// The HTTP status that an error object stands for; 500 where it says none.
std::uint32_t status_of_error(const hg::JsonView& error);

}  // namespace headgate_gemini
