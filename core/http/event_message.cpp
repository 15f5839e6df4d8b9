#include "core/http/event_message.hpp"

#include <zlib.h>

namespace headgate::http {
namespace {

constexpr std::size_t kChecksumBytes = 4;

// What the type byte of a header says about its value.
enum HeaderType : std::uint8_t {
  kTrue,
  kFalse,
  kByte,
  kShort,
  kInteger,
  kLong,
  kBytes,
  kString,
  kTimestamp,
  kUuid
};

std::uint32_t read_number(std::string_view in, std::size_t at, std::size_t bytes) {
  std::uint32_t number = 0;
  for (std::size_t i = at; i < at + bytes; ++i)
    number = number << 8 | static_cast<unsigned char>(in[i]);
  return number;
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

// Bytes from the front of `in`, or false when there are fewer.
bool take(std::string_view& in, std::size_t bytes, std::string_view& out) {
  if (in.size() < bytes) return false;
  out = in.substr(0, bytes);
  in.remove_prefix(bytes);
  return true;
}

bool take_value(std::string_view& in, std::uint8_t type, std::string_view& value) {
  switch (type) {
    case kTrue:
    case kFalse:
      return take(in, 0, value);
    case kByte:
      return take(in, 1, value);
    case kShort:
      return take(in, 2, value);
    case kInteger:
      return take(in, 4, value);
    case kLong:
    case kTimestamp:
      return take(in, 8, value);
    case kUuid:
      return take(in, 16, value);
    case kBytes:
    case kString: {
      std::string_view length;
      return take(in, 2, length) && take(in, read_number(length, 0, 2), value);
    }
    default:
      return false;
  }
}

bool decode_headers(std::string_view in, Event& event) {
  while (!in.empty()) {
    const auto name_bytes = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    std::string_view name;
    std::string_view type;
    std::string_view value;
    if (name_bytes == 0 || !take(in, name_bytes, name) || !take(in, 1, type)) return false;
    const auto kind = static_cast<std::uint8_t>(type.front());
    if (!take_value(in, kind, value)) return false;
    if (kind != kString) continue;
    if (name == ":event-type") event.type = value;
    if (name == ":message-type") event.message_type = value;
    if (name == ":exception-type" || name == ":error-code") event.exception_type = value;
  }
  return true;
}

}  // namespace

std::optional<std::size_t> message_bytes(std::string_view in) {
  const std::uint32_t total = read_number(in, 0, 4);
  const std::uint32_t headers = read_number(in, 4, 4);
  constexpr std::size_t kFraming = kMessagePreludeBytes + kChecksumBytes;
  if (checksum(in.substr(0, 8)) != read_number(in, 8, kChecksumBytes)) return std::nullopt;
  if (total < kFraming || headers > total - kFraming) return std::nullopt;
  return total;
}

bool decode_message(std::string_view message, Event& event) {
  const std::size_t end = message.size() - kChecksumBytes;
  if (checksum(message.substr(0, end)) != read_number(message, end, kChecksumBytes)) return false;
  const std::size_t payload = kMessagePreludeBytes + read_number(message, 4, 4);
  event.raw = message;
  event.data = message.substr(payload, end - payload);
  event.has_data = true;
  return decode_headers(message.substr(kMessagePreludeBytes, payload - kMessagePreludeBytes),
                        event);
}

}  // namespace headgate::http
