#pragma once
// What an error of OpenAI's API means: pure functions over status, headers and body.

#include <headgate/provider.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headgate_openai {

// The "error" object of an error body or event, decoded. Empty where there is none.
struct VendorError {
  std::string code;
  std::string type;
  std::string message;
};
VendorError read_error(std::string_view body);

// The status that an error event inside a 200 stands for; 500 where it does not say.
std::uint32_t status_of_event(const VendorError& error);

// OpenAI's durations: "20ms", "1.5s", "6m0s". Nothing for anything else.
std::optional<std::chrono::milliseconds> reset_time(std::string_view text);

// Who or what the request was made with.
struct Asked {
  bool client_credential = false;  // the client's own key, not the configuration's
  bool configured_model = false;
  bool pass_through = false;
};

// Changes in `verdict` what status and error say; leaves `message` and `code` alone.
void judge_status(std::uint32_t status, const VendorError& error, const Asked& asked,
                  hg::Verdict& verdict);

}  // namespace headgate_openai
