#include "core/http/head_writer.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <cstring>

#include "core/http/header_rules.hpp"

namespace headgate::http {
namespace {

constexpr std::string_view kVersion = " HTTP/1.1\r\n";

// The rare case: something in it would end the line.
void append_without_line_ends(std::string& out, std::string_view text) {
  for (const char c : text)
    if (c != '\r' && c != '\n' && c != '\0') out += c;
}

void append_safe(std::string& out, std::string_view text) {
  if (is_field_value(text))
    out.append(text);
  else
    append_without_line_ends(out, text);
}

char* put(char* to, std::string_view text) {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* put_header(char* to, std::string_view name, std::string_view value) {
  to = put(to, name);
  to = put(to, ": ");
  to = put(to, value);
  return put(to, "\r\n");
}

void append_number(std::string& out, std::uint64_t number, int base) {
  std::array<char, 20> digits;
  const auto [end, failure] =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
  assert(failure == std::errc());
  out.append(digits.data(), end);
}

void append_two_digits(std::string& out, int number) {
  out += static_cast<char>('0' + number / 10 % 10);
  out += static_cast<char>('0' + number % 10);
}

}  // namespace

void write_request_line(std::string& out, std::string_view method, std::string_view target) {
  if (is_field_value(method) && is_field_value(target) &&
      target.find(' ') == std::string_view::npos) {
    const std::size_t before = out.size();
    out.resize(before + method.size() + 1 + target.size() + kVersion.size());
    char* to = put(out.data() + before, method);
    *to++ = ' ';
    put(put(to, target), kVersion);
    return;
  }
  append_safe(out, method);
  out += ' ';
  // A space would end the target early.
  for (std::size_t space; (space = target.find(' ')) != std::string_view::npos;) {
    append_safe(out, target.substr(0, space));
    out += "%20";
    target.remove_prefix(space + 1);
  }
  append_safe(out, target);
  out += kVersion;
}

void write_status_line(std::string& out, int status) {
  assert(status >= 100 && status <= 999);
  if (status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
    return;
  }
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(status), 10);
  out += ' ';
  out += standard_reason(status);
  out += "\r\n";
}

void write_header(std::string& out, std::string_view name, std::string_view value) {
  if (!is_field_value(name) || !is_field_value(value)) {
    append_without_line_ends(out, name);
    out += ": ";
    append_without_line_ends(out, value);
    out += "\r\n";
    return;
  }
  const std::size_t before = out.size();
  out.resize(before + name.size() + value.size() + 4);
  put_header(out.data() + before, name, value);
}

void write_headers(std::string& out, const HeaderMap& headers) {
  constexpr std::size_t kPunctuation = 4;
  std::size_t bytes = 0;
  for (const Header& header : headers)
    bytes += header.name.size() + header.value.size() + kPunctuation;
  const std::size_t before = out.size();
  out.resize(before + bytes);
  char* to = out.data() + before;
  for (const Header& header : headers) to = put_header(to, header.name, header.value);
}

void write_header(std::string& out, std::string_view name, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto [end, failure] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  assert(failure == std::errc());
  write_header(out, name, {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void write_known_header(std::string& out, HeaderName name, std::string_view value) {
  if (!is_field_value(value)) return write_header(out, name.text(), value);
  const std::size_t before = out.size();
  out.resize(before + name.text().size() + value.size() + 4);
  put_header(out.data() + before, name.text(), value);
}

void write_head_end(std::string& out) {
  out += "\r\n";
}

void write_chunk_size(std::string& out, std::uint64_t size) {
  assert(size > 0);
  append_number(out, size, 16);
  out += "\r\n";
}

void write_last_chunk(std::string& out) {
  out += "0\r\n\r\n";
}

std::string_view standard_reason(int status) {
  struct Phrase {
    int status;
    std::string_view text;
  };
  static constexpr Phrase kPhrases[] = {
      {100, "Continue"},
      {101, "Switching Protocols"},
      {102, "Processing"},
      {103, "Early Hints"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {203, "Non-Authoritative Information"},
      {204, "No Content"},
      {205, "Reset Content"},
      {206, "Partial Content"},
      {300, "Multiple Choices"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {402, "Payment Required"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {407, "Proxy Authentication Required"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {424, "Failed Dependency"},
      {425, "Too Early"},
      {426, "Upgrade Required"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {451, "Unavailable For Legal Reasons"},
      {499, "Client Closed Request"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
      {507, "Insufficient Storage"},
      {529, "Overloaded"},
  };
  for (const Phrase& phrase : kPhrases)
    if (phrase.status == status) return phrase.text;
  return "Unknown";
}

void append_http_date(std::string& out, std::time_t seconds) {
  static constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  out += kDays.substr(static_cast<std::size_t>(utc.tm_wday) * 3, 3);
  out += ", ";
  append_two_digits(out, utc.tm_mday);
  out += ' ';
  out += kMonths.substr(static_cast<std::size_t>(utc.tm_mon) * 3, 3);
  out += ' ';
  append_two_digits(out, (utc.tm_year + 1900) / 100);
  append_two_digits(out, (utc.tm_year + 1900) % 100);
  out += ' ';
  append_two_digits(out, utc.tm_hour);
  out += ':';
  append_two_digits(out, utc.tm_min);
  out += ':';
  append_two_digits(out, utc.tm_sec);
  out += " GMT";
}

}  // namespace headgate::http
