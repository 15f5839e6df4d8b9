#pragma once
// A request that is over as OpenTelemetry spans: one of kind SERVER for the request and one of kind
// CLIENT for each attempt, in OTLP's JSON form
// (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids in hexadecimal digits,
// 64-bit integers as texts, enumerations as numbers). Names and attributes are those of the
// semantic conventions for HTTP and for generative AI. Pure. [any]
//
// No span holds a query, a body or a credential: paths end at the '?', and what the record says was
// masked before.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/observe/access_expressions.hpp"
#include "core/observe/access_record.hpp"
#include "core/observe/trace_context.hpp"

namespace headgate::observe {

// One try at an endpoint. Views are of the request.
struct AttemptSpan {
  using Time = std::chrono::nanoseconds;  // from the request's first byte, but where it is said

  SpanId id = 0;
  std::uint32_t number = 0;  // 1 is the request's first
  Time start{0};
  Time end{0};
  std::optional<Time> first_token;  // from the start of the attempt
  std::string_view endpoint;
  std::string_view provider_kind;  // empty for a plain upstream
  std::string_view model;          // that was asked for
  std::string_view host;           // that it was sent to
  std::uint16_t port = 0;
  int status = 0;           // of the answer; 0 when there was none
  std::string_view code;    // why it failed; empty: it did not
  std::string_view reason;  // why this endpoint was chosen
  std::string_view beside;  // why it ran beside another attempt; empty: it did not
  std::optional<std::uint64_t> input_tokens;
  std::optional<std::uint64_t> output_tokens;
  std::optional<std::uint64_t> cached_tokens;
  std::optional<std::uint64_t> reasoning_tokens;
};

// Which attributes spans have beside, or not.
struct SpanFields {
  std::vector<std::string> removed;  // of all spans
  AccessExpressions added;           // of the request's span
};

// Bytes of a text of an attribute; what is longer is cut.
inline constexpr std::size_t kSpanTextMax = 1024;

// The spans of one request, with commas between them.
std::string write_spans(const Trace& trace, const AccessRecord& record,
                        std::span<const AttemptSpan> attempts, const SpanFields& fields);

// What an export is made of: the spans of requests, with commas between them, stand between the
// two.
std::string export_head(std::string_view service, std::string_view version);
inline constexpr std::string_view kExportTail = "]}]}]}";

}  // namespace headgate::observe
