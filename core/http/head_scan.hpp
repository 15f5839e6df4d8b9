#pragma once
// The first look at a head, before its grammar is read: where it ends, whether its lines end as
// they must, and whether this is HTTP/1 at all. It goes over each byte once, however slowly they
// come, and says no as soon as it can be said: a peer that speaks something else is told at once
// and not after a timeout. Part of the head parser. [any]

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/head_parser.hpp"

namespace headgate::http {

// Why a head is not accepted. `message` goes on from "the request: " or "the upstream's answer: ".
struct Refusal {
  int status = 400;  // for a client
  std::string_view code;
  std::string message;
};

struct HeadScan {
  std::optional<Refusal> refusal;
  // The head is bytes [begin, end): an empty line before a request is passed over. 0: not there
  // yet.
  std::size_t begin = 0;
  std::size_t end = 0;
};

enum class HeadKind { request, response };

// `scanned` is MessageHead::scanned_bytes, 0 at the first call for a head.
HeadScan scan_head(std::string_view bytes, const HeadLimits& limits, HeadKind kind,
                   std::size_t& scanned);

}  // namespace headgate::http
