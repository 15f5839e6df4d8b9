#include "core/http/head_facts.hpp"

#include <charconv>
#include <utility>

#include "core/http/byte_rules.hpp"
#include "core/http/header_rules.hpp"

namespace headgate::http {

bool HeadFacts::refuse(int status, std::string_view code, std::string message) {
  refusal = Refusal{status, code, std::move(message)};
  return false;
}

bool HeadFacts::take_known(const Header& header) {
  // By length, for most names then need not be compared at all.
  switch (header.name.size()) {
    case 4:
      return !equals_ignoring_case(header.name, "host") || take_host(header.value);
    case 6:
      if (equals_ignoring_case(header.name, "expect")) expectation = header.value;
      return true;
    case 10:
      return !equals_ignoring_case(header.name, "connection") ||
             take_connection(header.value, false);
    case 14:
      return !equals_ignoring_case(header.name, "content-length") ||
             take_content_length(header.value);
    case 16:
      return !equals_ignoring_case(header.name, "proxy-connection") ||
             take_connection(header.value, true);
    case 17:
      return !equals_ignoring_case(header.name, "transfer-encoding") ||
             take_transfer_encoding(header.value);
    default:
      return true;
  }
}

bool HeadFacts::take_host(std::string_view value) {
  if (host) return refuse(400, "duplicate_host", "there are several Host headers");
  host = value;
  return true;
}

bool HeadFacts::take_content_length(std::string_view value) {
  if (head_.chunked) {
    return refuse(400, "content_length_with_transfer_encoding",
                  "it has both Content-Length and Transfer-Encoding");
  }
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

bool HeadFacts::take_transfer_encoding(std::string_view value) {
  if (head_.chunked) {
    return refuse(400, "duplicate_transfer_encoding",
                  "there are several Transfer-Encoding headers");
  }
  if (head_.content_length) {
    return refuse(400, "content_length_with_transfer_encoding",
                  "it has both Content-Length and Transfer-Encoding");
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

void HeadFacts::take_option(std::string_view option, bool of_proxy) {
  if (equals_ignoring_case(option, "close")) {
    close_ = true;
  } else if (equals_ignoring_case(option, "keep-alive")) {
    keep_alive_ = true;
  } else if (equals_ignoring_case(option, "upgrade")) {
    head_.upgrade = true;
  } else if (!of_proxy) {
    head_.connection_names = true;
  }
}

// A list of tokens, of which some may be empty. Proxy-Connection, which no standard knows, is
// believed as well: who sends it means it.
bool HeadFacts::take_connection(std::string_view value, bool of_proxy) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  const char* at = value.data();
  const char* const end = at + value.size();
  for (;;) {
    while (at != end && (is_blank(*at) || *at == ',')) ++at;
    if (at == end) return true;
    const char* const begin = at;
    while (at != end && is_token_byte(*at)) ++at;
    if (at == begin) return false;
    take_option({begin, static_cast<std::size_t>(at - begin)}, of_proxy);
    while (at != end && is_blank(*at)) ++at;
    if (at != end && *at != ',') return false;
  }
}

}  // namespace headgate::http
