#pragma once
// The grammar of a head, RFC 9112 sections 3 to 5, in one pass and strictly: what the standard lets
// a recipient repair is a flaw. Part of the head parser. [any]

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/http/head.hpp"
#include "core/http/head_facts.hpp"
#include "core/http/head_parser.hpp"

namespace headgate::http {

// What ended the pass. Where the bytes end before the head does, it may be any: a caller who does
// not know that the head is complete can tell nothing from it.
enum class Flaw : std::uint8_t {
  none,
  method,
  target,
  version,
  status,
  field_name,
  field_value,
  bare_carriage_return,
  refused,  // the facts say why
};

// Reads the head that begins at bytes[at]. Without a flaw `at` is behind its empty line then;
// otherwise it is where the line begins that has the flaw.
// REQUIRES: `out` is cleared, and `facts` are its own.
Flaw read_head(std::string_view bytes, std::size_t& at, const HeadLimits& limits, RequestHead& out,
               HeadFacts& facts);
Flaw read_head(std::string_view bytes, std::size_t& at, const HeadLimits& limits, ResponseHead& out,
               HeadFacts& facts);

}  // namespace headgate::http
