#include "core/observe/trace_context.hpp"

namespace headgate::observe {
namespace {

constexpr std::size_t kBytes = 55;  // of version 00: 2-32-16-2

// Exactly as many lower-case digits as fit the type; nothing for anything else.
template <class Integer>
std::optional<Integer> read_hex(std::string_view digits) {
  Integer value = 0;
  for (const char c : digits) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && (c < 'a' || c > 'f')) return std::nullopt;
    const auto digit = static_cast<Integer>(is_digit ? c - '0' : c - 'a' + 10);
    value = static_cast<Integer>(static_cast<Integer>(value << 4) | digit);
  }
  return value;
}

// Appends the last `digits` digits of the value.
void append_hex(std::string& out, std::uint64_t value, std::size_t digits) {
  out.resize(out.size() + digits);
  for (char* at = out.data() + out.size(); digits != 0; --digits, value >>= 4) {
    *--at = "0123456789abcdef"[value & 0xf];
  }
}

bool draw(double share, Rng& rng) {
  if (share <= 0) return false;
  return share >= 1 || rng.uniform() < share;
}

std::uint64_t draw_bits(Rng& rng) {
  std::uint64_t bits = 0;
  for (int i = 0; i < 4; ++i) bits = bits << 16 | rng.below(0x10000);
  return bits;
}

}  // namespace

std::optional<TraceParent> parse_traceparent(std::string_view value) {
  if (value.size() < kBytes || value[2] != '-' || value[35] != '-' || value[52] != '-') {
    return std::nullopt;
  }
  const auto version = read_hex<std::uint8_t>(value.substr(0, 2));
  if (!version || *version == 0xff) return std::nullopt;
  if (value.size() > kBytes && (*version == 0 || value[kBytes] != '-')) return std::nullopt;
  const auto high = read_hex<std::uint64_t>(value.substr(3, 16));
  const auto low = read_hex<std::uint64_t>(value.substr(19, 16));
  const auto span = read_hex<std::uint64_t>(value.substr(36, 16));
  const auto flags = read_hex<std::uint8_t>(value.substr(53, 2));
  if (!high || !low || !span || !flags || (*high | *low) == 0 || *span == 0) return std::nullopt;
  // Of a later version only "sampled" has a meaning that is known.
  const unsigned known =
      *version == 0 ? TraceParent::kSampled | TraceParent::kRandom : TraceParent::kSampled;
  TraceParent parent;
  parent.trace = TraceId{*high, *low};
  parent.span = *span;
  parent.flags = static_cast<std::uint8_t>(*flags & known);
  return parent;
}

std::string format_traceparent(const TraceParent& parent) {
  std::string out = "00-" + hex(parent.trace) + "-" + hex(parent.span) + "-";
  append_hex(out, parent.flags, 2);
  return out;
}

std::string hex(TraceId id) {
  std::string out;
  append_hex(out, id.high, 16);
  append_hex(out, id.low, 16);
  return out;
}

std::string hex(SpanId id) {
  std::string out;
  append_hex(out, id, 16);
  return out;
}

TraceId draw_trace_id(Rng& rng) {
  TraceId id;
  while (!id) {
    id.high = draw_bits(rng);
    id.low = draw_bits(rng);
  }
  return id;
}

SpanId draw_span_id(Rng& rng) {
  SpanId id = 0;
  while (id == 0) id = draw_bits(rng);
  return id;
}

std::optional<Trace> sample(std::optional<std::string_view> traceparent, const Sampling& sampling,
                            Rng& rng) {
  if (!traceparent && sampling.random <= 0) return std::nullopt;  // most, and at once
  const auto caller = traceparent ? parse_traceparent(*traceparent) : std::nullopt;
  if (caller ? !caller->sampled() || !draw(sampling.client, rng) : !draw(sampling.random, rng)) {
    return std::nullopt;
  }
  Trace trace;
  trace.self.trace = caller ? caller->trace : draw_trace_id(rng);
  trace.self.span = draw_span_id(rng);
  trace.self.flags = caller ? caller->flags : TraceParent::kSampled;
  trace.parent = caller ? caller->span : 0;
  return trace;
}

}  // namespace headgate::observe
