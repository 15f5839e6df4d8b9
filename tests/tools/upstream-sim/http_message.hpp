#pragma once
// Just enough HTTP/1.1 for a simulator: it reads requests from a well-behaved proxy and is not
// meant to judge a bad one.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sim {

// Views into the connection's buffer: valid until the next read.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::size_t bytes = 0;  // size of the head, its empty line included
  std::size_t content_length = 0;
  bool chunked = false;
  bool expects_continue = false;
  bool keep_alive = true;
  bool has_overrides = false;  // an x-sim-* header is there

  // The first header of that lower-case name; empty when there is none.
  std::string_view header(std::string_view name) const;
};

enum class HeadResult : std::uint8_t { complete, need_more, bad };

HeadResult parse_head(std::string_view buffer, RequestHead& head);

enum class ChunkResult : std::uint8_t { complete, need_more, bad };

// Decodes one chunked body that starts at `position` of a buffer which only grows meanwhile.
class ChunkDecoder {
 public:
  explicit ChunkDecoder(std::size_t position) : at_(position) {}

  ChunkResult feed(std::string_view buffer);

  const std::string& body() const { return body_; }
  std::size_t end() const { return at_; }  // once complete: the first byte behind the body

 private:
  std::size_t at_;
  bool in_trailers_ = false;
  std::string body_;
};

bool equals_ignoring_case(std::string_view left, std::string_view right);

// The text as one chunk of a chunked body.
void append_chunk(std::string& out, std::string_view bytes);

std::string_view reason_phrase(std::int64_t status);

}  // namespace sim
