#include "core/config/values.hpp"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <span>

#include "core/base/hex.hpp"

namespace headgate::config {

namespace {

// The digits at the front as a number; nothing when there are none or they are too many.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const char* begin = text.data();
  const auto [end, error] = std::from_chars(begin, begin + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - begin));
  return value;
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array kTimeUnits{Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000},
                                Unit{"ms", 1}};
constexpr std::array kSizeUnits{
    Unit{"", 1},       Unit{"KiB", 1ull << 10}, Unit{"MiB", 1ull << 20},  Unit{"GiB", 1ull << 30},
    Unit{"KB", 1'000}, Unit{"MB", 1'000'000},   Unit{"GB", 1'000'000'000}};
constexpr std::uint64_t kDurationMax = 365ull * 24 * 3'600'000;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  for (const char c : label) {
    // The underscore is not of DNS host names, but container networks use it.
    if (!is_alphanumeric(c) && c != '-' && c != '_') return false;
  }
  return true;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  const std::optional<std::uint64_t> port = take_number(text);
  if (!port || !text.empty() || *port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const std::optional<std::uint64_t> count = take_number(text);
    if (!count || *count > kDurationMax) return std::nullopt;
    std::size_t letters = 0;
    while (letters < text.size() && text[letters] >= 'a' && text[letters] <= 'z') ++letters;
    const std::string_view name = text.substr(0, letters);
    text.remove_prefix(letters);
    while (next_unit < kTimeUnits.size() && kTimeUnits[next_unit].name != name) ++next_unit;
    if (next_unit == kTimeUnits.size()) return std::nullopt;
    total += *count * kTimeUnits[next_unit++].factor;
    if (total > kDurationMax) return std::nullopt;
  }
  return milliseconds(total);
}

std::string format_duration(milliseconds duration) {
  auto rest = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
  if (rest == 0) return "0s";
  std::string out;
  for (const Unit& unit : kTimeUnits) {
    if (rest < unit.factor) continue;
    out += std::to_string(rest / unit.factor);
    out += unit.name;
    rest %= unit.factor;
  }
  return out;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const std::optional<std::uint64_t> count = take_number(text);
  if (!count) return std::nullopt;
  for (const Unit& unit : kSizeUnits) {
    if (text != unit.name) continue;
    if (*count > UINT64_MAX / unit.factor) return std::nullopt;
    return *count * unit.factor;
  }
  return std::nullopt;
}

std::string format_size(std::uint64_t bytes) {
  for (const std::size_t i : {3u, 2u, 1u}) {
    const Unit& unit = kSizeUnits[i];
    if (bytes != 0 && bytes % unit.factor == 0) {
      return std::to_string(bytes / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(bytes);
}

Address Address::tcp(std::string host, std::uint16_t port) {
  Address address;
  address.kind = Kind::tcp;
  address.host = std::move(host);
  address.port = port;
  return address;
}

std::string Address::to_string() const {
  switch (kind) {
    case Kind::off:
      return "off";
    case Kind::unix_socket:
      return "unix:" + path;
    case Kind::tcp:
      break;
  }
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<Address> parse_address(std::string_view text) {
  Address address;
  if (text == "off") return address;
  if (text.starts_with("unix:")) {
    text.remove_prefix(5);
    // The system's limit for the name of a socket.
    if (!text.starts_with('/') || text.size() > 107) return std::nullopt;
    address.kind = Address::Kind::unix_socket;
    address.path = text;
    return address;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint16_t> port = parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool ipv6 = host.find(':') != std::string_view::npos;
  if (!port || bracketed != ipv6) return std::nullopt;
  if (!is_ip_address(host) && !is_hostname(host, false)) return std::nullopt;
  return Address::tcp(std::string(host), *port);
}

bool is_ip_address(std::string_view text) {
  const std::string copy(text);
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1;
}

bool is_hostname(std::string_view text, bool wildcard) {
  if (wildcard && text.starts_with("*.")) text.remove_prefix(2);
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

Secret::~Secret() {
  if (!text_.empty()) OPENSSL_cleanse(text_.data(), text_.size());
}

std::string Secret::fingerprint() const {
  return sha256_hex(text_).substr(0, 12);
}

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    return {};
  }
  return hexadecimal(std::span(digest).first(size));
}

}  // namespace headgate::config
