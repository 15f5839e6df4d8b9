#pragma once
// A request that nobody sent, as far as it matters for where it would go. Plain data. [any]

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headgate::exchange {

struct AskedRequest {
  std::string method = "POST";
  std::string target;                 // the path, with the query if there is one
  std::string host;                   // the Host header
  std::optional<std::uint16_t> port;  // that it comes to; nothing: the one that serves it
  std::string model;                  // that it asks for; empty: not known
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // JSON; empty: not known
  double prompt_tokens = 0;                                  // 0: not known
  double max_tokens = 0;
};

}  // namespace headgate::exchange
