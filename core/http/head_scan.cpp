#include "core/http/head_scan.hpp"

#include <cstring>

#include "core/http/header_rules.hpp"

namespace headgate::http {
namespace {

// The first line of the HTTP/2 connection preface, RFC 9113 section 3.4.
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n";

// TLS record types (RFC 8446 section 5.1), each followed by 3 for the major version.
constexpr char kTlsAlert = 0x15;
constexpr char kTlsHandshake = 0x16;
constexpr char kTlsMajorVersion = 3;

std::optional<Refusal> check_first_bytes(std::string_view head, HeadKind kind) {
  if (head.empty()) return std::nullopt;
  if (head[0] == kTlsHandshake || head[0] == kTlsAlert) {
    if (head.size() < 2) return std::nullopt;
    if (head[1] == kTlsMajorVersion) {
      return kind == HeadKind::request
                 ? Refusal{400, "tls_on_plaintext_port",
                           "this port speaks plain HTTP, but the client began TLS: use http:// or "
                           "another port"}
                 : Refusal{400, "tls_on_plaintext_port",
                           "it speaks TLS, but was addressed in plain HTTP: turn TLS on for it"};
    }
  }
  if (kind == HeadKind::request) {
    // A CR may be half of an empty line before the request.
    if (!is_token(head.substr(0, 1)) && head != "\r")
      return Refusal{400, "bad_request_line", "it does not begin with a method"};
    return std::nullopt;
  }
  constexpr std::string_view kStart = "HTTP/";
  if (head.substr(0, kStart.size()) != kStart.substr(0, head.size()))
    return Refusal{400, "bad_status_line", "it does not begin with HTTP/"};
  return std::nullopt;
}

Refusal head_too_large(const HeadLimits& limits) {
  return {431, "head_too_large",
          "the head is larger than " + std::to_string(limits.head_bytes_max) + " bytes"};
}

}  // namespace

HeadScan scan_head(std::string_view bytes, const HeadLimits& limits, HeadKind kind,
                   std::size_t& scanned) {
  HeadScan scan;
  if (bytes.empty()) return scan;  // no memory to search: a buffer that was not filled yet
  const bool request = kind == HeadKind::request;
  if (request && bytes.starts_with("\r\n")) scan.begin = 2;
  scan.refusal = check_first_bytes(bytes.substr(scan.begin), kind);
  if (scan.refusal) return scan;

  const std::size_t line_max = limits.request_line_bytes_max;
  if (request && bytes.size() >= line_max && scanned <= line_max &&
      !std::memchr(bytes.data() + scan.begin, '\n', line_max - scan.begin)) {
    scan.refusal =
        Refusal{414, "target_too_long",
                "the request line is longer than " + std::to_string(line_max) + " bytes"};
    return scan;
  }

  const std::string_view window = bytes.substr(0, limits.head_bytes_max);
  std::size_t from = scanned > scan.begin && scanned <= window.size() ? scanned : scan.begin;
  while (const void* found = std::memchr(window.data() + from, '\n', window.size() - from)) {
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - window.data());
    // The first byte is neither CR nor LF, so a CRLF has two bytes before its LF.
    if (at == scan.begin || window[at - 1] != '\r') {
      scan.refusal = Refusal{400, "bare_line_feed", "a line ends in LF without CR"};
      return scan;
    }
    if (window[at - 2] == '\n') {
      scan.end = at + 1;
      return scan;
    }
    if (request && window.substr(scan.begin, at + 1 - scan.begin) == kHttp2Preface) {
      scan.refusal = Refusal{505, "http2_preface",
                             "the client speaks HTTP/2, which this port does not: use HTTP/1.1"};
      return scan;
    }
    from = at + 1;
    if (from == window.size()) break;
    if (window[from] == ' ' || window[from] == '\t') {
      scan.refusal = Refusal{400, "folded_header", "a header goes on in the next line (obs-fold)"};
      return scan;
    }
  }
  // Whether a line is folded shows in the byte behind it: a line end at the end is looked at again.
  scanned = window.empty() || window.back() != '\n' ? window.size() : window.size() - 1;
  if (bytes.size() >= limits.head_bytes_max) scan.refusal = head_too_large(limits);
  return scan;
}

}  // namespace headgate::http
