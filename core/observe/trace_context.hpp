#pragma once
// Which trace a request belongs to, as W3C Trace Context says it
// (https://www.w3.org/TR/trace-context/, traceparent), and whether the request is recorded. Pure.
// [any]

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/rng.hpp"

namespace headgate::observe {

// 128 bits; both halves 0: none.
struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  explicit operator bool() const { return (high | low) != 0; }
  bool operator==(const TraceId&) const = default;
};

using SpanId = std::uint64_t;  // 0: none

// What a caller says of its trace.
struct TraceParent {
  TraceId trace;
  SpanId span = 0;         // the caller's
  std::uint8_t flags = 0;  // those that are passed on

  static constexpr std::uint8_t kSampled = 0x01;
  static constexpr std::uint8_t kRandom = 0x02;  // of the id; Level 2
  bool sampled() const { return (flags & kSampled) != 0; }
};

// Reads a traceparent header strictly: lower-case digits only, no id of zeros, version ff refused,
// version 00 of exactly 55 bytes. Of a later version the fields of 00 count, if they are there and
// what follows begins with a dash (section "versioning").
std::optional<TraceParent> parse_traceparent(std::string_view value);

// "00-...-...-01"
std::string format_traceparent(const TraceParent& parent);

// In lower-case hexadecimal digits: 32 and 16.
std::string hex(TraceId id);
std::string hex(SpanId id);

// Never zeros.
TraceId draw_trace_id(Rng& rng);
SpanId draw_span_id(Rng& rng);

// Which requests are recorded, as shares from 0 to 1.
struct Sampling {
  double random = 0;  // of those without a trace: each begins one
  double client = 1;  // of those whose client records them
};

// A request that is recorded. Trivial, for it lives in the request's arena.
struct Trace {
  TraceParent self;            // the trace, and the span of this request
  SpanId parent = 0;           // the client's span; 0: the trace begins here
  int minor_version = 1;       // of the client's HTTP/1.x
  bool tls = false;            // the client's connection is encrypted
  std::uint32_t attempts = 0;  // begun so far
};

// Whether the request with this traceparent header is recorded. A client's trace that is not
// sampled stays so: its header passes and no other trace is begun. A header that cannot be read
// counts as none.
std::optional<Trace> sample(std::optional<std::string_view> traceparent, const Sampling& sampling,
                            Rng& rng);

}  // namespace headgate::observe
