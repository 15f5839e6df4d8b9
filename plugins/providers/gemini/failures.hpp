#pragma once
// What Gemini's errors mean. Source: https://ai.google.dev/gemini-api/docs/troubleshooting and
// google.rpc.Status with its details. Pure.

#include <headgate/json_view.hpp>
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

// Whether an event of a stream is an error instead of a part of the answer.
bool is_error(const hg::JsonView& event);

// The HTTP status that an error's body stands for; 500 where it says none.
std::uint32_t status_of_error(std::string_view body);

}  // namespace headgate_gemini
