#pragma once
// Where a body ends: which messages have one, and its bytes taken out of their framing. Holds no
// buffer: pieces are views into what it is given. [any]

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/http/chunk_line.hpp"
#include "core/http/head.hpp"

namespace headgate::http {

enum class BodyKind { none, length, chunked, until_close };

struct BodyLimits {
  // Bytes of the body itself, without its framing. More fails with 413.
  std::uint64_t body_bytes_max = std::numeric_limits<std::uint64_t>::max();

  // Bytes of chunk extensions in the whole body; they are read and dropped.
  std::size_t extension_bytes_max = 4 * 1024;

  // Bytes of trailer fields; they are read and dropped unless kept.
  std::size_t trailer_bytes_max = 8 * 1024;
};

enum class PieceStatus { more, done, failed };

class Piece {
 public:
  Piece() = default;

  PieceStatus status = PieceStatus::more;
  std::string_view data;       // bytes of the body
  std::string_view raw;        // see BodyFraming::pass()
  std::size_t consumed = 0;    // bytes of the input that were used, framing included
  std::optional<Error> error;  // when failed
};

// Chunks that lie one behind the other.
class ChunkRun {
 public:
  ChunkRun() = default;

  std::string_view raw;          // with their framing
  std::uint64_t data_bytes = 0;  // of the body
  std::size_t consumed = 0;      // 0: there is none
};

// One chunk of a body. Behind one that was taken by next() its line end may still come first.
class Chunk {
 public:
  Chunk() = default;

  std::string_view raw;   // with its framing
  std::string_view data;  // of the body
  std::size_t consumed = 0;
};

class BodyFraming {
 public:
  // No body: done from the start.
  BodyFraming() = default;

  static BodyFraming none() { return {}; }
  static BodyFraming length(std::uint64_t bytes, const BodyLimits& limits, Fault sender);
  static BodyFraming chunked(const BodyLimits& limits, Fault sender);
  static BodyFraming until_close(const BodyLimits& limits, Fault sender);

  // The next run of body bytes in `in`, which begins behind what was consumed before. `more` with
  // nothing consumed: give it more bytes. `done`: the body ends behind `consumed`; what follows in
  // `in` belongs to the next message. The piece that is done may carry data.
  Piece next(std::string_view in);

  // What next() would give, where a canonical chunk lies whole in `in`. False: something else
  // comes, and nothing is consumed; next() goes on.
  bool take_chunk(std::string_view in, Chunk& chunk);

  // The same for all chunks at the front of `in` for as long as `wants(data)`, which is asked once
  // for each.
  template <class Wants>
  ChunkRun take_chunks(std::string_view in, const Wants& wants);

  // The same for a body that is passed on in the framing it came in: `raw` is a run of `in` that
  // can be sent as it is, over as many chunks as there are. Extensions and trailers are consumed
  // but left out of it, so what is sent is always canonical; `raw` may be empty where only such
  // bytes were consumed. `data` stays empty.
  Piece pass(std::string_view in);

  // The sender closed its side. Ok when that is where this body ends or it was done before.
  Result<void> end_of_input();

  BodyKind kind() const { return kind_; }
  bool done() const { return done_; }
  std::uint64_t body_bytes() const { return body_bytes_; }  // seen so far
  // Bytes that are still to come in a body with a length.
  std::uint64_t remaining() const { return kind_ == BodyKind::length ? remaining_ : 0; }
  // No extension and no trailer was seen: the chunked bytes so far may be passed on unread.
  bool canonical() const { return canonical_; }

  // Trailers, as lines with CRLF; only when asked for before they came. Bounded by the limits.
  void keep_trailers() { keep_trailers_ = true; }
  std::string_view trailers() const { return trailers_; }

 private:
  enum class State : std::uint8_t {
    size,           // hexadecimal digits
    extension,      // behind ';' in that line
    size_lf,        // the LF of that line
    data,           // of a chunk
    data_cr,        // behind a chunk
    data_lf,        //
    line_first,     // behind the last chunk: a trailer or the end
    trailer_name,   //
    trailer_value,  //
    trailer_lf,     //
    final_lf,       // of the empty line that ends the body
    failed
  };

  BodyFraming(BodyKind kind, const BodyLimits& limits, Fault sender);

  Piece take_bytes(std::string_view in);
  Piece take_chunked(std::string_view in);
  // The whole of the framing between two chunks, if it is there and canonical: how many bytes it
  // has. 0: step() has to go through it. Changes nothing then.
  std::size_t take_size_line(std::string_view in);
  // One byte of framing. False when it is refused; `keep` becomes false when it is not canonical.
  bool step(char byte, bool& keep);
  bool step_size(char byte);
  bool step_extension(char byte, bool& keep);
  bool step_size_end(char byte);
  bool step_trailer(char byte, bool& keep);
  std::string_view take_chunk_data(std::string_view in);
  // Whether nothing of a chunk's framing was read yet; its size comes at `begin` then.
  bool at_chunk(std::string_view in, std::size_t& begin) const;
  void note_chunks(std::uint64_t bytes);
  // The body may have that many bytes more.
  bool allows(std::uint64_t bytes) const { return limits_.body_bytes_max - body_bytes_ >= bytes; }
  bool refuse(int status, const char* why);
  Piece failure() const;

  BodyKind kind_ = BodyKind::none;
  State state_ = State::size;
  Fault sender_ = Fault::client;
  bool done_ = true;
  bool canonical_ = true;
  bool keep_trailers_ = false;
  std::uint8_t size_digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::uint64_t remaining_ = 0;  // of the body with a length, or of the chunk
  std::uint64_t body_bytes_ = 0;
  int refusal_status_ = 0;
  const char* refusal_ = nullptr;
  BodyLimits limits_;
  std::string trailers_;
};

template <class Wants>
ChunkRun BodyFraming::take_chunks(std::string_view in, const Wants& wants) {
  ChunkRun run;
  std::size_t begin = 0;
  if (!at_chunk(in, begin)) return run;
  const std::uint64_t bytes_max = limits_.body_bytes_max - body_bytes_;
  std::size_t end = begin;
  for (;;) {
    const std::string_view data = find_whole_chunk(in, end, bytes_max - run.data_bytes);
    if (data.empty() || !wants(data)) break;
    end = static_cast<std::size_t>(data.data() - in.data()) + data.size() + 2;
    run.data_bytes += data.size();
  }
  if (end == begin) return run;
  note_chunks(run.data_bytes);
  run.raw = std::string_view(in.data() + begin, end - begin);
  run.consumed = end;
  return run;
}

// A request has a body when its head says so.
BodyFraming request_body(const RequestHead& head, const BodyLimits& limits);

// An answer has none to HEAD, nor with 1xx, 204 and 304; otherwise the head says so, and if it does
// not, the body ends where the connection does.
BodyFraming response_body(const ResponseHead& head, bool head_request, const BodyLimits& limits);

}  // namespace headgate::http
