#include "core/http/head_parser.hpp"

#include <algorithm>
#include <string>

#include "core/http/head_facts.hpp"
#include "core/http/head_grammar.hpp"
#include "core/http/head_scan.hpp"
#include "core/http/header_rules.hpp"
#include "core/http/request_checks.hpp"

namespace headgate::http {
namespace {

// "header 'x-y'" for the line a failure is in. Never a value, for that may be a secret: if it is
// not clear where the name ends, the line is not quoted.
std::string header_at(std::string_view line) {
  const std::size_t name_end = line.find_first_of(": \t\r");
  const std::size_t colon = line.find_first_not_of(" \t", name_end);
  constexpr std::size_t kQuotedMax = 64;
  if (colon == std::string_view::npos || line[colon] != ':' || name_end > kQuotedMax ||
      !is_token(line.substr(0, name_end)))
    return "a header";
  return "header '" + std::string(line.substr(0, name_end)) + "'";
}

Refusal refuse_field_name(std::string_view line) {
  const std::size_t name_end = line.find_first_of(": \t\r");
  if (name_end != std::string_view::npos && name_end > 0 &&
      (line[name_end] == ' ' || line[name_end] == '\t'))
    return {400, "space_before_colon", header_at(line) + " has a space before its colon, or none"};
  return {400, "bad_header_name", "a header line has no valid name before a colon"};
}

Refusal refuse_version(std::string_view line) {
  if (line.starts_with("HTTP/"))
    return {400, "bad_status_line", "its first line does not begin with HTTP/1.1 and a status"};
  // method SP target SP version
  const std::size_t second_space = line.find(' ', line.find(' ') + 1);
  const std::string_view version = line.substr(std::min(second_space, line.size() - 1) + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
      version[6] == '.' && is_digit(version[7]))
    return {505, "unsupported_http_version", "the only versions spoken are HTTP/1.1 and HTTP/1.0"};
  return {400, "bad_start_line", "the first line does not name a version of HTTP where it must"};
}

// Puts a flaw into words. `line` is the one that has it, without its end.
Refusal explain(Flaw flaw, std::string_view line) {
  switch (flaw) {
    case Flaw::method:
      return {400, "bad_request_line", "its first line does not begin with a method and a space"};
    case Flaw::target:
      return {400, "bad_target", "its target is empty or holds a byte that must be escaped"};
    case Flaw::version:
      return refuse_version(line);
    case Flaw::status:
      return {400, "bad_status_line", "its status line is malformed"};
    case Flaw::field_name:
      return refuse_field_name(line);
    case Flaw::bare_carriage_return:
      return {400, "bare_carriage_return", header_at(line) + " holds a CR without LF"};
    case Flaw::field_value:
    case Flaw::refused:
    case Flaw::none:
      break;
  }
  return {400, "bad_header_value", header_at(line) + " holds a byte that may not be there"};
}

// Bytes of a request line behind its target: SP HTTP/1.1 CRLF.
constexpr std::ptrdiff_t kBehindTarget = 11;

std::optional<Refusal> check_response(ResponseHead& head, bool head_request) {
  if (head.status < 100 || head.status > 599)
    return Refusal{400, "bad_status_line", "its status is not between 100 and 599"};
  // A sender may not frame what has no body (RFC 9110 sections 8.6, RFC 9112 section 6.1). Whether
  // it then sends one is anybody's guess.
  const bool framed = head.chunked || head.content_length.value_or(0) != 0;
  if (head.status / 100 == 1 && framed)
    return Refusal{400, "body_with_1xx", "it announces a body behind a 1xx status"};
  const bool has_body =
      !head_request && head.status / 100 != 1 && head.status != 204 && head.status != 304;
  // Only the end of the connection ends it.
  if (has_body && !head.chunked && !head.content_length) head.keep_alive = false;
  if (head.status == 204 && framed) head.keep_alive = false;
  return std::nullopt;
}

ParseStep refuse_request(Refusal&& refusal) {
  return ParseStep::failed(
      client_error(refusal.status, refusal.code, "the request: " + refusal.message));
}

ParseStep refuse_response(Refusal&& refusal) {
  return ParseStep::failed(
      upstream_error("upstream_bad_response", "the upstream's answer: " + refusal.message));
}

template <HeadKind kind>
ParseStep refuse(Refusal&& refusal) {
  if constexpr (kind == HeadKind::request)
    return refuse_request(std::move(refusal));
  else
    return refuse_response(std::move(refusal));
}

// A head that comes in one piece, which most do, is looked through once: without a flaw it has none
// of what scan_head() looks for, and only its size is left to be told. Otherwise the scan says
// whether it is all there yet, and what is wrong with it first.
template <HeadKind kind, class Head>
bool is_sound(std::string_view bytes, const HeadLimits& limits, Head& out, HeadFacts& facts,
              std::size_t& end) {
  std::size_t at = kind == HeadKind::request && bytes.starts_with("\r\n") ? 2 : 0;
  out.clear();
  if (read_head(bytes, at, limits, out, facts) != Flaw::none || at > limits.head_bytes_max)
    return false;
  if constexpr (kind == HeadKind::request) {
    // Of the line's end, the LF.
    const char* const line_end = out.target.data() + out.target.size() + kBehindTarget - 1;
    if (static_cast<std::size_t>(line_end - bytes.data()) >= limits.request_line_bytes_max)
      return false;
  }
  end = at;
  return true;
}

template <HeadKind kind, class Head, class Check>
ParseStep finish(Head& out, const HeadFacts& facts, std::size_t end, Check check) {
  out.keep_alive = facts.keep_alive();
  out.head_bytes = end;
  if (auto refusal = check(out, facts)) return refuse<kind>(std::move(*refusal));
  return ParseStep::done(end);
}

template <HeadKind kind, class Head, class Check>
ParseStep parse(std::string_view bytes, const HeadLimits& limits, Head& out, Check check) {
  if (out.scanned_bytes == 0) {
    HeadFacts facts(out);
    std::size_t end = 0;
    if (is_sound<kind>(bytes, limits, out, facts, end)) return finish<kind>(out, facts, end, check);
    out.clear();
  }
  HeadScan scan = scan_head(bytes, limits, kind, out.scanned_bytes);
  if (scan.refusal) return refuse<kind>(std::move(*scan.refusal));
  if (scan.end == 0) return ParseStep::need_more();
  out.clear();
  HeadFacts facts(out);
  const std::string_view head = bytes.substr(0, scan.end);
  std::size_t at = scan.begin;
  const Flaw flaw = read_head(head, at, limits, out, facts);
  if (flaw == Flaw::refused) return refuse<kind>(std::move(*facts.refusal));
  if (flaw != Flaw::none) {
    const std::string_view rest = head.substr(at);
    return refuse<kind>(explain(flaw, rest.substr(0, rest.find("\r\n"))));
  }
  // Two readers of one head that disagree about its end are how smuggling works.
  if (at != scan.end) return refuse<kind>(Refusal{400, "bad_head", "the head is malformed"});
  return finish<kind>(out, facts, scan.end, check);
}

}  // namespace

ParseStep parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& out) {
  return parse<HeadKind::request>(bytes, limits, out, check_request);
}

ParseStep parse_response_head(std::string_view bytes, const HeadLimits& limits, bool head_request,
                              ResponseHead& out) {
  const auto check = [head_request](ResponseHead& head, const HeadFacts&) {
    return check_response(head, head_request);
  };
  return parse<HeadKind::response>(bytes, limits, out, check);
}

}  // namespace headgate::http
