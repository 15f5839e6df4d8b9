#include "core/http/head_grammar.hpp"

#include <array>
#include <cstring>
#include <string>

#include "core/http/byte_rules.hpp"

namespace headgate::http {
namespace {

// Any byte but controls and space; those that must be escaped are refused by who checks the target.
constexpr std::array<bool, 256> make_target_table() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x21; c < table.size(); ++c) table[c] = c != 0x7f;
  return table;
}
constexpr std::array<bool, 256> kTargetTable = make_target_table();

constexpr std::string_view kVersion = "HTTP/1.";

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A line end at `at`, and all of it there.
bool is_line_end(const char* at, const char* end) {
  return end - at >= 2 && at[0] == '\r' && at[1] == '\n';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// "HTTP/1.0" or "HTTP/1.1".
bool take_version(const char*& at, const char* end, int& minor_version) {
  if (end - at < 8 || std::memcmp(at, kVersion.data(), kVersion.size()) != 0) return false;
  const char minor = at[kVersion.size()];
  if (minor != '0' && minor != '1') return false;
  minor_version = minor - '0';
  at += kVersion.size() + 1;
  return true;
}

// method SP target SP version CRLF
Flaw read_start_line(const char*& place, const char* end, RequestHead& out) {
  const char* at = place;
  while (at != end && is_token_byte(*at)) ++at;
  if (at == place || at == end || *at != ' ') return Flaw::method;
  out.method = between(place, at);
  const char* const target = ++at;
  while (at != end && kTargetTable[static_cast<unsigned char>(*at)]) ++at;
  if (at == target || at == end || *at != ' ') return Flaw::target;
  out.target = between(target, at);
  ++at;
  if (!take_version(at, end, out.minor_version) || !is_line_end(at, end)) return Flaw::version;
  place = at + 2;
  return Flaw::none;
}

// version SP status SP reason CRLF
Flaw read_start_line(const char*& place, const char* end, ResponseHead& out) {
  const char* at = place;
  if (!take_version(at, end, out.minor_version) || at == end || *at != ' ') return Flaw::version;
  ++at;
  if (end - at < 4 || !is_digit(at[0]) || !is_digit(at[1]) || !is_digit(at[2]) || at[3] != ' ')
    return Flaw::status;
  out.status = (at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0');
  at += 4;
  const char* const reason = at;
  at = find_control(at, end);
  if (!is_line_end(at, end)) return Flaw::status;
  out.reason = between(reason, at);
  place = at + 2;
  return Flaw::none;
}

// name ":" OWS value OWS CRLF. A folded line shows as one without a name.
Flaw read_field(const char*& place, const char* end, Header& field) {
  const char* at = place;
  while (at != end && is_token_byte(*at)) ++at;
  if (at == place || at == end || *at != ':') return Flaw::field_name;
  field.name = between(place, at);
  ++at;
  while (at != end && is_blank(*at)) ++at;
  const char* const value = at;
  at = find_control(at, end);
  if (!is_line_end(at, end))
    return at != end && *at == '\r' ? Flaw::bare_carriage_return : Flaw::field_value;
  place = at + 2;
  while (at != value && is_blank(at[-1])) --at;
  field.value = between(value, at);
  return Flaw::none;
}

template <class Head>
Flaw read(std::string_view bytes, std::size_t& begin, const HeadLimits& limits, Head& out,
          HeadFacts& facts) {
  const char* at = bytes.data() + begin;
  const char* const end = bytes.data() + bytes.size();
  const auto stopped = [&](const char* place, Flaw flaw) {
    begin = static_cast<std::size_t>(place - bytes.data());
    return flaw;
  };
  if (const Flaw flaw = read_start_line(at, end, out); flaw != Flaw::none) return flaw;
  for (;;) {
    if (at != end && *at == '\r') {
      if (!is_line_end(at, end)) return stopped(at, Flaw::bare_carriage_return);
      return stopped(at + 2, Flaw::none);
    }
    const char* const line = at;
    Header field;
    if (const Flaw flaw = read_field(at, end, field); flaw != Flaw::none)
      return stopped(line, flaw);
    if (out.headers.size() == limits.headers_max) {
      facts.refuse(431, "too_many_headers",
                   "there are more than " + std::to_string(limits.headers_max) + " headers");
      return stopped(line, Flaw::refused);
    }
    out.headers.add(field.name, field.value);
    if (!facts.take(field)) return stopped(line, facts.refusal ? Flaw::refused : Flaw::field_value);
  }
}

}  // namespace

Flaw read_head(std::string_view bytes, std::size_t& at, const HeadLimits& limits, RequestHead& out,
               HeadFacts& facts) {
  return read(bytes, at, limits, out, facts);
}

Flaw read_head(std::string_view bytes, std::size_t& at, const HeadLimits& limits, ResponseHead& out,
               HeadFacts& facts) {
  return read(bytes, at, limits, out, facts);
}

}  // namespace headgate::http
