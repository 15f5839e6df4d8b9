#pragma once
// The line in front of a chunk, as nearly all of them are: a size in hexadecimal digits and CRLF.
// Every event of a stream runs through this. Pure. [any]

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headgate::http {

// Sixteen hexadecimal digits fill 64 bits; more, also zeros, are nobody's real chunk.
inline constexpr int kSizeDigitsMax = 16;

inline constexpr std::array<std::int8_t, 256> kHexValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (int digit = 0; digit < 16; ++digit) {
    values[static_cast<unsigned char>("0123456789abcdef"[digit])] = static_cast<std::int8_t>(digit);
    values[static_cast<unsigned char>("0123456789ABCDEF"[digit])] = static_cast<std::int8_t>(digit);
  }
  return values;
}();

// -1: it is no digit.
inline int hex_value(char c) {
  return kHexValues[static_cast<unsigned char>(c)];
}

inline bool is_line_end(const char* at) {
  return at[0] == '\r' && at[1] == '\n';
}

// Where the data begin whose size, in its line, begins at `at`. 0: the line is not all there, or
// not of the common kind, or says that the body ends.
inline std::size_t find_any_chunk_data(std::string_view in, std::size_t at, std::uint64_t& size) {
  const std::size_t digits_end = std::min(in.size(), at + kSizeDigitsMax);
  size = 0;
  for (int digit; at < digits_end && (digit = hex_value(in[at])) >= 0; ++at)
    size = size * 16 + static_cast<std::uint64_t>(digit);
  if (size == 0 || at + 2 > in.size() || !is_line_end(in.data() + at)) return 0;
  return at + 2;
}

// The same, quicker for what has two or three digits, as nearly all events of a stream have.
inline std::size_t find_chunk_data(std::string_view in, std::size_t at, std::uint64_t& size) {
  constexpr std::size_t kUsualBytes = 5;
  if (in.size() >= kUsualBytes && at <= in.size() - kUsualBytes) {
    const char* const line = in.data() + at;
    const int high = hex_value(line[0]);
    const int middle = hex_value(line[1]);
    const int low = hex_value(line[2]);
    if ((high | middle) >= 0) {
      const int two = high << 4 | middle;
      size = static_cast<std::uint64_t>(low >= 0 ? two << 4 | low : two);
      const std::size_t digits = low >= 0 ? 3 : 2;
      if (size > 0 && is_line_end(line + digits)) return at + digits + 2;
    }
  }
  return find_any_chunk_data(in, at, size);
}

// The data of the chunk that lies whole behind `at`, of `bytes_max` at most; their line end comes
// behind them. Empty: that is not what is there.
inline std::string_view find_whole_chunk(std::string_view in, std::size_t at,
                                         std::uint64_t bytes_max) {
  std::uint64_t size = 0;
  const std::size_t begin = find_chunk_data(in, at, size);
  if (begin == 0) return {};
  const std::size_t room = in.size() - begin;
  if (room < 2 || size > room - 2 || size > bytes_max) return {};
  const char* const data = in.data() + begin;
  if (!is_line_end(data + size)) return {};
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace headgate::http
