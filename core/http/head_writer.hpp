#pragma once
// Appends heads and chunk framing to a string that the caller keeps and reuses. CR, LF and NUL are
// left out of whatever is written, so that no value can begin a header of its own. [any]
//
//   write_status_line(out, 200); write_header(out, "content-type", type); write_head_end(out);

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "core/http/byte_rules.hpp"
#include "core/http/header_map.hpp"

namespace headgate::http {

// "POST /path HTTP/1.1". A space in the target is escaped.
void write_request_line(std::string& out, std::string_view method, std::string_view target);

// "HTTP/1.1 200 OK", with the standard reason. REQUIRES: 100 <= status <= 999.
void write_status_line(std::string& out, int status);

void write_header(std::string& out, std::string_view name, std::string_view value);
void write_header(std::string& out, std::string_view name, std::uint64_t value);
// For names that need no check.
void write_known_header(std::string& out, HeaderName name, std::string_view value);

// All of a list, which holds nothing that would have to be left out: faster than one by one.
void write_headers(std::string& out, const HeaderMap& headers);

// The empty line.
void write_head_end(std::string& out);

// The line before a chunk. REQUIRES: size > 0, for 0 ends the body. CRLF follows the chunk itself.
void write_chunk_size(std::string& out, std::uint64_t size);
inline constexpr std::string_view kChunkEnd = "\r\n";
// Ends a chunked body, without trailers.
void write_last_chunk(std::string& out);

// The standard phrase, or "Unknown".
std::string_view standard_reason(int status);

// "Sun, 06 Nov 1994 08:49:37 GMT". The caller keeps it for the second.
void append_http_date(std::string& out, std::time_t seconds);

}  // namespace headgate::http
