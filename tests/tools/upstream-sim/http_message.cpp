#include "tests/tools/upstream-sim/http_message.hpp"

#include <array>
#include <charconv>

namespace sim {
namespace {

constexpr std::size_t kHeadMax = std::size_t{256} << 10;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool parse_size(std::string_view text, int base, std::size_t& out) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

bool take_header(std::string_view line, RequestHead& head) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  head.headers.emplace_back(name, value);
  if (equals_ignoring_case(name, "content-length")) {
    return parse_size(value, 10, head.content_length);
  }
  if (equals_ignoring_case(name, "transfer-encoding")) {
    head.chunked = equals_ignoring_case(value, "chunked");
    return head.chunked;
  }
  if (equals_ignoring_case(name, "expect")) head.expects_continue = true;
  if (equals_ignoring_case(name, "connection") && equals_ignoring_case(value, "close")) {
    head.keep_alive = false;
  }
  if (name.size() > 6 && equals_ignoring_case(name.substr(0, 6), "x-sim-")) {
    head.has_overrides = true;
  }
  return true;
}

}  // namespace

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (lower(left[i]) != lower(right[i])) return false;
  }
  return true;
}

std::string_view RequestHead::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equals_ignoring_case(key, name)) return value;
  }
  return {};
}

HeadResult parse_head(std::string_view buffer, RequestHead& head) {
  const std::size_t end = buffer.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    return buffer.size() > kHeadMax ? HeadResult::bad : HeadResult::need_more;
  }
  head = RequestHead();
  head.bytes = end + 4;
  std::string_view rest = buffer.substr(0, end + 2);
  const std::string_view line = rest.substr(0, rest.find("\r\n"));
  rest.remove_prefix(line.size() + 2);

  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first) return HeadResult::bad;
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  if (line.substr(last + 1) == "HTTP/1.0") head.keep_alive = false;

  head.headers.reserve(16);
  while (!rest.empty()) {
    const std::string_view field = rest.substr(0, rest.find("\r\n"));
    if (!take_header(field, head)) return HeadResult::bad;
    rest.remove_prefix(field.size() + 2);
  }
  return HeadResult::complete;
}

ChunkResult ChunkDecoder::feed(std::string_view buffer) {
  for (;;) {
    const std::size_t end = buffer.find("\r\n", at_);
    if (end == std::string_view::npos) return ChunkResult::need_more;
    if (in_trailers_) {
      const bool empty = end == at_;
      at_ = end + 2;
      if (empty) return ChunkResult::complete;
      continue;
    }
    std::string_view digits = buffer.substr(at_, end - at_);
    digits = trimmed(digits.substr(0, digits.find(';')));
    std::size_t size = 0;
    if (!parse_size(digits, 16, size)) return ChunkResult::bad;
    const std::size_t data = end + 2;
    if (size > 0) {
      if (buffer.size() < data + size + 2) return ChunkResult::need_more;
      if (buffer.substr(data + size, 2) != "\r\n") return ChunkResult::bad;
      body_.append(buffer.substr(data, size));
      at_ = data + size + 2;
    } else {
      at_ = data;
      in_trailers_ = true;
    }
  }
}

void append_chunk(std::string& out, std::string_view bytes) {
  std::array<char, 16> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16);
  out.append(digits.data(), result.ptr);
  out += "\r\n";
  out += bytes;
  out += "\r\n";
}

std::string_view reason_phrase(std::int64_t status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

}  // namespace sim
