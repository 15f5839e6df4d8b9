#include "core/http/body_framing.hpp"

#include <algorithm>
#include <utility>

#include "core/http/chunk_line.hpp"
#include "core/http/header_rules.hpp"

namespace headgate::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

constexpr const char* kTooLarge = "is larger than the limit";

}  // namespace

BodyFraming::BodyFraming(BodyKind kind, const BodyLimits& limits, Fault sender)
    : kind_(kind), sender_(sender), done_(kind == BodyKind::none), limits_(limits) {}

BodyFraming BodyFraming::length(std::uint64_t bytes, const BodyLimits& limits, Fault sender) {
  BodyFraming body(BodyKind::length, limits, sender);
  body.remaining_ = bytes;
  body.done_ = bytes == 0;
  return body;
}

BodyFraming BodyFraming::chunked(const BodyLimits& limits, Fault sender) {
  return {BodyKind::chunked, limits, sender};
}

BodyFraming BodyFraming::until_close(const BodyLimits& limits, Fault sender) {
  return {BodyKind::until_close, limits, sender};
}

Piece BodyFraming::next(std::string_view in) {
  if (done_) {
    Piece piece;
    piece.status = PieceStatus::done;
    return piece;
  }
  if (state_ == State::failed) return failure();
  return kind_ == BodyKind::chunked ? take_chunked(in) : take_bytes(in);
}

Piece BodyFraming::pass(std::string_view in) {
  if (done_ || state_ == State::failed || kind_ != BodyKind::chunked) {
    Piece piece = next(in);
    piece.raw = std::exchange(piece.data, {});
    return piece;
  }
  std::size_t begin = 0;  // of the run
  std::size_t at = 0;
  std::size_t end = 0;
  while (at < in.size() && !done_) {
    if (state_ == State::data) {
      end = at += take_chunk_data(in.substr(at)).size();
      continue;
    }
    if (const std::size_t line = take_size_line(in.substr(at)); line > 0) {
      end = at += line;
      continue;
    }
    bool keep = true;
    if (!step(in[at++], keep)) return failure();
    if (keep) {
      end = at;
    } else if (end > begin) {
      break;
    } else {
      begin = end = at;
    }
  }
  Piece piece;
  piece.status = done_ ? PieceStatus::done : PieceStatus::more;
  piece.raw = in.substr(begin, end - begin);
  piece.consumed = at;
  return piece;
}

Piece BodyFraming::take_bytes(std::string_view in) {
  const bool bounded = kind_ == BodyKind::length;
  // A length says at once whether the body is too large.
  if (!allows(bounded ? remaining_ : in.size())) {
    refuse(413, kTooLarge);
    return failure();
  }
  Piece piece;
  const std::size_t size =
      bounded ? static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, in.size()))
              : in.size();
  piece.data = in.substr(0, size);
  piece.consumed = size;
  body_bytes_ += size;
  if (bounded) done_ = (remaining_ -= size) == 0;
  piece.status = done_ ? PieceStatus::done : PieceStatus::more;
  return piece;
}

Piece BodyFraming::take_chunked(std::string_view in) {
  Piece piece;
  while (piece.consumed < in.size() && !done_) {
    if (state_ == State::data) {
      piece.data = take_chunk_data(in.substr(piece.consumed));
      piece.consumed += piece.data.size();
      return piece;
    }
    if (const std::size_t line = take_size_line(in.substr(piece.consumed)); line > 0) {
      piece.consumed += line;
      continue;
    }
    bool keep = true;
    if (!step(in[piece.consumed++], keep)) return failure();
  }
  piece.status = done_ ? PieceStatus::done : PieceStatus::more;
  return piece;
}

bool BodyFraming::take_chunk(std::string_view in, Chunk& chunk) {
  std::size_t begin = 0;
  if (!at_chunk(in, begin)) return false;
  const std::string_view data = find_whole_chunk(in, begin, limits_.body_bytes_max - body_bytes_);
  if (data.empty()) return false;
  chunk.data = data;
  chunk.consumed = static_cast<std::size_t>(data.data() - in.data()) + data.size() + 2;
  chunk.raw = std::string_view(in.data() + begin, chunk.consumed - begin);
  note_chunks(data.size());
  return true;
}

bool BodyFraming::at_chunk(std::string_view in, std::size_t& begin) const {
  if (kind_ != BodyKind::chunked || done_) return false;
  begin = state_ == State::data_cr ? kLineEnd.size() : 0;
  if (begin > 0) return in.starts_with(kLineEnd);
  return state_ == State::size && size_digits_ == 0;
}

void BodyFraming::note_chunks(std::uint64_t bytes) {
  body_bytes_ += bytes;
  remaining_ = 0;
  size_digits_ = 0;
  state_ = State::size;
}

std::string_view BodyFraming::take_chunk_data(std::string_view in) {
  const std::string_view data =
      in.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, in.size())));
  remaining_ -= data.size();
  body_bytes_ += data.size();
  if (remaining_ == 0) state_ = State::data_cr;
  return data;
}

std::size_t BodyFraming::take_size_line(std::string_view in) {
  const bool behind_chunk = state_ == State::data_cr;
  if (!behind_chunk && !(state_ == State::size && size_digits_ == 0)) return 0;
  if (behind_chunk && !in.starts_with(kLineEnd)) return 0;
  std::uint64_t size = 0;
  const std::size_t at = find_chunk_data(in, behind_chunk ? kLineEnd.size() : 0, size);
  if (at == 0 || !allows(size)) return 0;
  state_ = State::data;
  size_digits_ = 1;
  remaining_ = size;
  return at;
}

bool BodyFraming::step(char byte, bool& keep) {
  switch (state_) {
    case State::size:
      return byte == ';' ? step_extension(byte, keep) : step_size(byte);
    case State::extension:
      return step_extension(byte, keep);
    case State::size_lf:
      return step_size_end(byte);
    case State::data_cr:
      if (byte != '\r') return refuse(400, "has a chunk that is longer than its size");
      state_ = State::data_lf;
      return true;
    case State::data_lf:
      if (byte != '\n') return refuse(400, "has a chunk that is longer than its size");
      state_ = State::size;
      size_digits_ = 0;
      remaining_ = 0;
      return true;
    case State::final_lf:
      if (byte != '\n') return refuse(400, "has a CR without LF at its end");
      done_ = true;
      return true;
    default:
      return step_trailer(byte, keep);
  }
}

bool BodyFraming::step_size(char byte) {
  const int digit = hex_value(byte);
  if (digit >= 0) {
    if (++size_digits_ > kSizeDigitsMax) return refuse(400, "has a chunk size of too many digits");
    remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
    return true;
  }
  if (byte != '\r' || size_digits_ == 0) return refuse(400, "has a malformed chunk size");
  state_ = State::size_lf;
  return true;
}

bool BodyFraming::step_extension(char byte, bool& keep) {
  if (byte == '\r') {
    state_ = State::size_lf;
    return true;
  }
  if (size_digits_ == 0) return refuse(400, "has a malformed chunk size");
  if (!is_field_value({&byte, 1})) return refuse(400, "has a control byte in a chunk extension");
  if (++extension_bytes_ > limits_.extension_bytes_max)
    return refuse(400, "has too many bytes of chunk extensions");
  state_ = State::extension;
  keep = canonical_ = false;
  return true;
}

bool BodyFraming::step_size_end(char byte) {
  if (byte != '\n') return refuse(400, "has a CR without LF behind a chunk size");
  if (!allows(remaining_)) return refuse(413, kTooLarge);
  state_ = remaining_ == 0 ? State::line_first : State::data;
  return true;
}

bool BodyFraming::step_trailer(char byte, bool& keep) {
  if (state_ == State::line_first && byte == '\r') {
    state_ = State::final_lf;
    return true;
  }
  keep = canonical_ = false;
  if (++trailer_bytes_ > limits_.trailer_bytes_max) return refuse(431, "has too large trailers");
  switch (state_) {
    case State::line_first:
      if (!is_token({&byte, 1})) return refuse(400, "has a malformed trailer");
      state_ = State::trailer_name;
      break;
    case State::trailer_name:
      if (byte == ':')
        state_ = State::trailer_value;
      else if (!is_token({&byte, 1}))
        return refuse(400, "has a malformed trailer");
      break;
    case State::trailer_value:
      if (byte == '\r')
        state_ = State::trailer_lf;
      else if (!is_field_value({&byte, 1}))
        return refuse(400, "has a control byte in a trailer");
      break;
    default:  // trailer_lf
      if (byte != '\n') return refuse(400, "has a CR without LF in a trailer");
      state_ = State::line_first;
      break;
  }
  if (keep_trailers_) trailers_ += byte;
  return true;
}

bool BodyFraming::refuse(int status, const char* why) {
  state_ = State::failed;
  refusal_status_ = status;
  refusal_ = why;
  return false;
}

Piece BodyFraming::failure() const {
  Piece piece;
  piece.status = PieceStatus::failed;
  const bool large = refusal_ == kTooLarge;
  if (sender_ == Fault::client) {
    piece.error = client_error(refusal_status_, large ? "body_too_large" : "bad_body_framing",
                               std::string("the request body ") + refusal_);
  } else {
    piece.error = upstream_error(large ? "upstream_body_too_large" : "upstream_bad_response",
                                 std::string("the body of the upstream's answer ") + refusal_);
  }
  return piece;
}

Result<void> BodyFraming::end_of_input() {
  if (state_ == State::failed) return *failure().error;
  if (kind_ == BodyKind::until_close) done_ = true;
  if (done_) return {};
  if (sender_ == Fault::client)
    return client_error(400, "body_cut_short", "the request body ends before its announced end");
  return upstream_error("upstream_body_cut_short",
                        "the body of the upstream's answer ends before its announced end");
}

BodyFraming request_body(const RequestHead& head, const BodyLimits& limits) {
  if (head.chunked) return BodyFraming::chunked(limits, Fault::client);
  if (head.content_length) return BodyFraming::length(*head.content_length, limits, Fault::client);
  return BodyFraming::none();
}

BodyFraming response_body(const ResponseHead& head, bool head_request, const BodyLimits& limits) {
  if (head_request || head.status / 100 == 1 || head.status == 204 || head.status == 304)
    return BodyFraming::none();
  if (head.chunked) return BodyFraming::chunked(limits, Fault::upstream);
  if (head.content_length)
    return BodyFraming::length(*head.content_length, limits, Fault::upstream);
  return BodyFraming::until_close(limits, Fault::upstream);
}

}  // namespace headgate::http
