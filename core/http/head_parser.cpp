#include "core/http/head_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <string>

#include "core/http/head_scan.hpp"
#include "core/http/header_rules.hpp"
#include "core/http/request_checks.hpp"

namespace headgate::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using beast::http::error;
using beast::http::field;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

// Reads the facts of framing from header fields as they come. What it refuses it says in `refusal`.
class FramingFacts {
 public:
  explicit FramingFacts(MessageHead& head) : head_(head) {}

  // False when refused.
  bool take(field id, std::string_view value) {
    switch (id) {
      case field::content_length:
        return take_content_length(value);
      case field::transfer_encoding:
        return take_transfer_encoding(value);
      case field::host:
        if (host) return refuse(400, "duplicate_host", "there are several Host headers");
        host = value;
        return true;
      case field::expect:
        expectation = value;
        return true;
      default:
        return true;
    }
  }

  bool refuse(int status, std::string_view code, std::string message) {
    refusal = Refusal{status, code, std::move(message)};
    return false;
  }

  bool has_transfer_encoding() const { return head_.chunked; }

  std::optional<std::string_view> host;
  std::optional<std::string_view> expectation;
  std::optional<Refusal> refusal;

 private:
  bool take_content_length(std::string_view value) {
    // Also when they agree: who reads the list form and who the first line would see two lengths.
    if (head_.content_length) {
      return refuse(400, "duplicate_content_length", "there are several Content-Length headers");
    }
    std::uint64_t length = 0;
    const char* end = value.data() + value.size();
    const auto [stop, failure] = std::from_chars(value.data(), end, length);
    if (value.empty() || stop != end || failure != std::errc())
      return refuse(400, "bad_content_length", "Content-Length is not a number of bytes");
    head_.content_length = length;
    return true;
  }

  bool take_transfer_encoding(std::string_view value) {
    if (head_.chunked) {
      return refuse(400, "duplicate_transfer_encoding",
                    "there are several Transfer-Encoding headers");
    }
    if (head_.minor_version == 0) {
      return refuse(400, "transfer_encoding_in_http_1_0", "HTTP/1.0 knows no Transfer-Encoding");
    }
    if (!equals_ignoring_case(value, "chunked")) {
      return refuse(501, "unsupported_transfer_encoding",
                    "the only Transfer-Encoding that is understood is \"chunked\"");
    }
    head_.chunked = true;
    return true;
  }

  MessageHead& head_;
};

// Beast's parser, writing into our head. It is fed one whole head and never a body.
template <bool is_request, class Head>
class Parser final : public beast::http::basic_parser<is_request> {
 public:
  Parser(Head& head, const HeadLimits& limits)
      : facts(head), head_(head), headers_max_(limits.headers_max) {
    this->body_limit(boost::none);
  }

  FramingFacts facts;

 private:
  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                       int version, error_code&) override {
    if constexpr (is_request) {
      head_.method = view(method);
      head_.target = view(target);
    }
    head_.minor_version = version % 10;
  }
  void on_response_impl(int status, beast::string_view reason, int version, error_code&) override {
    if constexpr (!is_request) {
      head_.status = status;
      head_.reason = view(reason);
    }
    head_.minor_version = version % 10;
  }
  void on_field_impl(field id, beast::string_view name, beast::string_view value,
                     error_code& failure) override {
    if (head_.headers.size() == headers_max_) {
      facts.refuse(431, "too_many_headers",
                   "there are more than " + std::to_string(headers_max_) + " headers");
      failure = error::header_limit;
      return;
    }
    head_.headers.add(view(name), view(value));
    if (!facts.take(id, view(value))) failure = error::bad_value;
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, error_code&) override {
    return 0;
  }
  void on_finish_impl(error_code&) override {}

  Head& head_;
  const std::size_t headers_max_;
};

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

// Puts Beast's reason into words. `line` is the one it stopped at, without its end.
Refusal explain(error_code failure, std::string_view line, const FramingFacts& facts) {
  switch (static_cast<error>(failure.value())) {
    case error::bad_method:
      return {400, "bad_request_line", "its first line does not begin with a method and a space"};
    case error::bad_target:
      return {400, "bad_target", "its target is empty or holds a byte that must be escaped"};
    case error::bad_version:
    case error::need_more:  // the head is complete: the line is too short
      return refuse_version(line);
    case error::bad_status:
    case error::bad_reason:
      return {400, "bad_status_line", "its status line is malformed"};
    case error::bad_field:
      return refuse_field_name(line);
    case error::bad_line_ending:
      return {400, "bare_carriage_return", header_at(line) + " holds a CR without LF"};
    case error::multiple_content_length:
      return {400, "duplicate_content_length", "there are several Content-Length headers"};
    case error::bad_content_length:
      if (!facts.has_transfer_encoding())
        return {400, "bad_content_length", "Content-Length is not a number of bytes"};
      [[fallthrough]];
    case error::bad_transfer_encoding:
      // Beast says the same of a second "chunked", which facts would refuse as well.
      if (facts.has_transfer_encoding() && equals_ignoring_case(line.substr(0, 8), "transfer"))
        return {400, "duplicate_transfer_encoding", "there are several Transfer-Encoding headers"};
      return {400, "content_length_with_transfer_encoding",
              "it has both Content-Length and Transfer-Encoding"};
    default:
      return {400, "bad_header_value", header_at(line) + " holds a byte that may not be there"};
  }
}

template <class BeastParser>
std::optional<Refusal> run(BeastParser& parser, std::string_view head) {
  parser.header_limit(static_cast<std::uint32_t>(head.size()) + 1);
  error_code failure;
  const std::size_t used = parser.put(boost::asio::buffer(head.data(), head.size()), failure);
  if (parser.facts.refusal) return std::move(parser.facts.refusal);
  if (failure) {
    const std::string_view rest = head.substr(used);
    return explain(failure, rest.substr(0, rest.find("\r\n")), parser.facts);
  }
  // Two readers of one head that disagree about its end are how smuggling works.
  if (used != head.size() || !parser.is_header_done())
    return Refusal{400, "bad_head", "the head is malformed"};
  return std::nullopt;
}

std::optional<Refusal> check_response(ResponseHead& head) {
  if (head.status < 100 || head.status > 599)
    return Refusal{400, "bad_status_line", "its status is not between 100 and 599"};
  // A sender may not frame what has no body (RFC 9110 sections 8.6, RFC 9112 section 6.1). Whether
  // it then sends one is anybody's guess.
  const bool framed = head.chunked || head.content_length.value_or(0) != 0;
  if (head.status / 100 == 1 && framed)
    return Refusal{400, "body_with_1xx", "it announces a body behind a 1xx status"};
  if (head.status == 204 && framed) head.keep_alive = false;
  return std::nullopt;
}

// Refuses, or fills what both kinds of head have in common.
template <class BeastParser>
std::optional<Refusal> parse_into(MessageHead& head, BeastParser& parser, std::string_view bytes,
                                  const HeadScan& scan) {
  if (auto refusal = run(parser, bytes.substr(scan.begin, scan.end - scan.begin))) return refusal;
  head.keep_alive = parser.keep_alive();
  head.upgrade = parser.upgrade();
  head.head_bytes = scan.end;
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

}  // namespace

ParseStep parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& out) {
  HeadScan scan = scan_head(bytes, limits, HeadKind::request, out.scanned_bytes);
  if (scan.refusal) return refuse_request(std::move(*scan.refusal));
  if (scan.end == 0) return ParseStep::need_more();
  out.clear();
  Parser<true, RequestHead> parser(out, limits);
  if (auto refusal = parse_into(out, parser, bytes, scan))
    return refuse_request(std::move(*refusal));
  if (auto refusal = check_request(out, parser.facts.host, parser.facts.expectation))
    return refuse_request(std::move(*refusal));
  return ParseStep::done(scan.end);
}

ParseStep parse_response_head(std::string_view bytes, const HeadLimits& limits, bool head_request,
                              ResponseHead& out) {
  HeadScan scan = scan_head(bytes, limits, HeadKind::response, out.scanned_bytes);
  if (scan.refusal) return refuse_response(std::move(*scan.refusal));
  if (scan.end == 0) return ParseStep::need_more();
  out.clear();
  Parser<false, ResponseHead> parser(out, limits);
  parser.skip(head_request);
  if (auto refusal = parse_into(out, parser, bytes, scan))
    return refuse_response(std::move(*refusal));
  if (auto refusal = check_response(out)) return refuse_response(std::move(*refusal));
  return ParseStep::done(scan.end);
}

}  // namespace headgate::http
