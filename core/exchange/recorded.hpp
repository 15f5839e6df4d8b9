#pragma once
// What plugins record of a request or of one of its attempts. [worker]

#include <headgate/llm.h>

#include <cstdint>
#include <optional>
#include <string>

namespace headgate::exchange {

// Token counts of the answer, as far as they are known.
struct Usage {
  std::optional<std::uint64_t> input;
  std::optional<std::uint64_t> output;
  std::optional<std::uint64_t> cache_read;
  std::optional<std::uint64_t> cache_write;
  std::optional<std::uint64_t> reasoning;

  // Known fields of `report` replace ours.
  void take(const hg_usage& report);
  hg_usage to_c() const;
};

// An answer that a plugin recorded: a whole one, or an error to be rendered in the client's format.
struct RecordedAnswer {
  bool is_error = false;
  int status = 500;
  std::string code;     // of an error
  std::string message;  // of an error
  std::string member;   // of the request, that an error is about; may be empty
  std::string content_type;
  std::string body;
};

}  // namespace headgate::exchange
