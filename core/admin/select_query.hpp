#pragma once
// The question of GET /debug/select: a request that nobody sent, as parameters. Read by the admin
// listener and written by the command that asks one. Pure. [any]

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.hpp"

namespace headgate::admin {

struct SelectQuery {
  // Of one question.
  static constexpr std::size_t kHeadersMax = 64;
  static constexpr std::uint64_t kTokensMax = 10'000'000;

  std::string path;  // with its query, if it has one
  std::string method = "POST";
  std::string host = "localhost";
  std::optional<std::uint16_t> port;
  std::string model;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // JSON; empty: not known
  std::uint64_t prompt_tokens = 0;                           // 0: not known
  std::uint64_t max_tokens = 0;
  bool text = false;  // a table for people, instead of JSON
};

// `query` is what stands behind the '?'. Text is wanted with format=text, or where `accept` names
// text/plain and no format is given. Errors (400) name the parameter.
Result<SelectQuery> read_select_query(std::string_view query, std::string_view accept);

// "name: value", as in a request. The error says what is wrong.
Result<std::pair<std::string, std::string>> read_header(std::string_view line);

// The target of the request that asks it.
std::string select_target(const SelectQuery& query);

}  // namespace headgate::admin
