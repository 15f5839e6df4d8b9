#pragma once
// The small values of a configuration, and how they are written: durations (`500ms`, `10s`,
// `1m30s`), sizes (`65536`, `64KiB`, `20MiB`), addresses, secrets. Parsing returns nothing when the
// text is not one; the caller knows the place and reports it. [any]

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/config/fault.hpp"

namespace headgate::config {

using std::chrono::milliseconds;

// What most durations may be at most.
inline constexpr milliseconds kHour = std::chrono::hours(1);

// Units h, m, s, ms, largest first and each at most once. `0s` is a duration; `10` is not. At most
// a year.
std::optional<milliseconds> parse_duration(std::string_view text);
// The shortest way of writing it: `1m30s`.
std::string format_duration(milliseconds duration);

// Bytes: digits alone, or with KiB, MiB, GiB (of 1024) or KB, MB, GB (of 1000).
std::optional<std::uint64_t> parse_size(std::string_view text);
// `20MiB` when it is even, plain bytes otherwise.
std::string format_size(std::uint64_t bytes);

// A text that is looked up in something outside the file, and where it stands, for what is wrong
// with it is found out later.
struct PlacedText {
  std::string text;
  Position position;
  std::string path;

  // The same text at another place is the same.
  bool operator==(const PlacedText& other) const { return text == other.text; }
};

// Where something listens or is reached.
struct Address {
  enum class Kind : std::uint8_t { off, tcp, unix_socket };

  Kind kind = Kind::off;
  std::string host;        // of tcp: a name or an IP address, without brackets
  std::uint16_t port = 0;  // of tcp
  std::string path;        // of unix_socket

  static Address tcp(std::string host, std::uint16_t port);
  // `host:port`, `[::1]:port`, `unix:/path` or `off`.
  std::string to_string() const;
  bool operator==(const Address&) const = default;
};
std::optional<Address> parse_address(std::string_view text);

// An IPv4 or IPv6 address in numbers, and nothing else.
bool is_ip_address(std::string_view text);
// A host name of the form that DNS and certificates know; with `wildcard`, also `*.example.com`.
bool is_hostname(std::string_view text, bool wildcard);

// A text that must not be seen. It cannot be printed, compared or copied into a log by accident:
// the only way to the text is reveal(), which is easy to search for.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret();  // overwrites the text

  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  // Twelve hexadecimal digits of its SHA-256: tells two keys apart in a log or a statistic without
  // naming them.
  std::string fingerprint() const;

  template <class Stream>
  friend Stream& operator<<(Stream&, const Secret&) = delete;

 private:
  std::string text_;
};

// SHA-256 in lower-case hexadecimal digits.
std::string sha256_hex(std::string_view text);

}  // namespace headgate::config
