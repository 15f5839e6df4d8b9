#pragma once
// Asks a running gateway's admin listener, for the commands of the program. [main]

#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"

namespace headgate::cli {

// Where an admin listener is: "http://127.0.0.1:15000", "127.0.0.1:15000" or "unix:/run/x.sock".
struct AdminPlace {
  std::string host;
  std::uint16_t port = 0;
  std::string unix_path;  // when not empty: there
};
Result<AdminPlace> parse_admin_place(std::string_view text);

struct AdminAnswer {
  int status = 0;
  std::string body;
};
// Reads a whole answer. The error says what is wrong with it.
Result<AdminAnswer> parse_admin_answer(std::string_view bytes);

// GET; waits 10 s at most and reads 64 MiB at most. Errors say what went wrong, and where.
Result<AdminAnswer> ask_admin(const AdminPlace& place, const std::string& target, Clock& clock);

}  // namespace headgate::cli
