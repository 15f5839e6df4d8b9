// How an answer's bytes become events: read, taken out of their coding and chunks, and cut.

#include <cstring>

#include "core/exchange/attempt_stream.hpp"

namespace headgate::exchange {
namespace {

// What one read may unfold to.
constexpr std::size_t kDecodedBytesMax = 16 * 1024 * 1024;

// The least that a read should be able to take.
constexpr std::size_t kRoom = ReadBuffer::kBlockBytes / 2;

}  // namespace

// Some servers code their answers whatever they are asked for.
bool StreamRelay::start_decoding() {
  auto decoder = http::make_decoder(attempt_.content_encoding_);
  if (!decoder) {
    refuse(FailureKind::bad_answer, decoder.error().code, decoder.error().message);
    return false;
  }
  decoder_ = std::move(*decoder);
  attempt_.context_.response_headers.remove("content-encoding");
  return true;
}

void StreamRelay::append(std::string_view bytes) {
  if (bytes.empty()) return;
  output_.settle();  // what passed may lie in events_
  std::memcpy(events_.space(bytes.size()).data(), bytes.data(), bytes.size());
  events_.commit(bytes.size());
}

// Body bytes as they came, less their content coding. False: they are not of that coding.
bool StreamRelay::take(std::string_view bytes) {
  if (!decoder_) {
    append(bytes);
    return true;
  }
  decoded_.clear();
  if (auto fed = decoder_->feed(bytes, decoded_, kDecodedBytesMax); !fed) {
    refuse(FailureKind::bad_answer, fed.error().code, fed.error().message);
    return false;
  }
  append(decoded_);
  return true;
}

TimePoint StreamRelay::read_deadline() const {
  if (!gate_.open()) return attempt_.first_answer_deadline();
  if (finished_) return attempt_.idle_deadline(milliseconds(Attempt::kEndGrace));
  return attempt_.idle_deadline(attempt_.endpoint_.timeout.stream_idle_timeout);
}

StreamRelay::Step StreamRelay::take_in() {
  for (;;) {
    if (cut_chunks() == Step::failed) return Step::failed;
    const bool moved = unframe();
    if (framing_failed_) return Step::failed;
    if (cut_events() == Step::failed) return Step::failed;
    if (!moved || upstream_done_) return Step::more;
  }
}

// Body bytes of the connection's buffer become contiguous event text. One run of them, because
// whole events may lie in the chunks behind it; what is coded never does.
bool StreamRelay::unframe() {
  ReadBuffer& buffer = attempt_.connection_->buffer();
  bool moved = false;
  while (!upstream_done_) {
    http::Piece piece = attempt_.framing_.next(buffer.data());
    if (piece.status == http::PieceStatus::failed) {
      failure_ =
          attempt_.failure(FailureKind::bad_answer, "upstream_bad_response", piece.error->message);
      framing_failed_ = true;
      return false;
    }
    if (!take(piece.data)) {
      framing_failed_ = true;
      return false;
    }
    buffer.consume(piece.consumed);
    moved = moved || piece.consumed > 0;
    if (piece.status == http::PieceStatus::done) {
      upstream_done_ = true;
      attempt_.body_complete_ = true;
    }
    if (!decoder_ || piece.consumed == 0 || buffer.empty()) return moved;
  }
  return moved;
}

net::Task<bool> StreamRelay::fill() {
  output_.settle();
  attempt_.deadline_.arm(read_deadline());
  const net::ReadResult read = co_await attempt_.read_more(kRoom);
  attempt_.deadline_.disarm();
  if (attempt_.took(read)) co_return true;
  const bool expired = attempt_.deadline_.expired();
  if (finished_ && !attempt_.over()) {
    upstream_done_ = true;  // it had said all it had to say, whatever became of it then
    co_return true;
  }
  if (!expired && net::is_end(attempt_.read_error_) && attempt_.framing_.end_of_input()) {
    upstream_done_ = true;
    co_return true;
  }
  failure_ = attempt_.read_failure();
  co_return false;
}

// Nearly every chunk is an event, or several. Those are looked at where they lie, and pass with
// their framing.
StreamRelay::Step StreamRelay::cut_chunks() {
  if (decoder_) return Step::more;
  ReadBuffer& buffer = attempt_.connection_->buffer();
  http::Chunk chunk;
  while (events_.empty()) {
    pass_alike_chunks();
    if (!attempt_.framing_.take_chunk(buffer.data(), chunk)) break;
    const Step step = cut_chunk(chunk);
    // Its bytes stay readable until the buffer is filled again.
    buffer.consume(chunk.consumed);
    if (step != Step::more) return step;
  }
  return Step::more;
}

// Chunks that are one event each, like those that passed before.
void StreamRelay::pass_alike_chunks() {
  if (!cutter_.at_event() || !passes_chunks() || !passes_alike()) return;
  ReadBuffer& buffer = attempt_.connection_->buffer();
  const http::ChunkRun run = attempt_.framing_.take_chunks(
      buffer.data(), [&](std::string_view event) { return alike_.is_alike(event); });
  if (run.consumed == 0) return;
  note_alike();
  output_.pass(run);
  buffer.consume(run.consumed);
}

StreamRelay::Step StreamRelay::cut_chunk(const http::Chunk& chunk) {
  // Where chunks pass, pass_alike_chunks() has looked.
  if (cutter_.at_event() && !passes_chunks() && passes_alike() && alike_.is_alike(chunk.data)) {
    note_alike();
    output_.pass(chunk.data);
    return Step::more;
  }
  for (std::string_view left = chunk.data; !left.empty();) {
    const http::Cut cut = cutter_.next(left);
    if (cut.status == http::CutStatus::need_more) {
      append(left);  // the rest of it comes behind
      return Step::more;
    }
    if (cut.status == http::CutStatus::failed) {
      return refuse(FailureKind::bad_answer, "upstream_bad_response", cut.error->message);
    }
    const Step step = handle(cut.event);
    if (step != Step::more) return step;
    left.remove_prefix(cut.consumed);
  }
  if (passes_chunks()) output_.pass_as_chunk(chunk);
  return Step::more;
}

bool StreamRelay::passes_chunks() const {
  return gate_.open() && !holds_ && attempt_.client_.takes_chunks() &&
         output_.has_room_for_chunks();
}

StreamRelay::Step StreamRelay::cut_events() {
  for (;;) {
    pass_alike();
    const http::Cut cut = upstream_done_ ? cut_last() : cutter_.next(events_.data());
    if (cut.status == http::CutStatus::need_more) return Step::more;
    if (cut.status == http::CutStatus::failed) {
      return refuse(FailureKind::bad_answer, "upstream_bad_response", cut.error->message);
    }
    const Step step = handle(cut.event);
    // Bytes of a run stay readable until the buffer is filled again.
    events_.consume(cut.consumed);
    if (step != Step::more) return step;
  }
}

void StreamRelay::pass_alike() {
  if (!cutter_.at_event() || !passes_alike()) return;
  const std::string_view all = events_.data();
  std::size_t passed = 0;
  while (const std::size_t size = alike_.alike_at_front(all.substr(passed))) passed += size;
  if (passed == 0) return;
  note_alike();
  output_.pass(all.substr(0, passed));
  cutter_.skip(passed);
  events_.consume(passed);
}

http::Cut StreamRelay::cut_last() {
  http::Cut cut = cutter_.next(events_.data());
  if (cut.status == http::CutStatus::need_more) {
    cut = cutter_.finish(events_.data());
    unterminated_ = cut.status == http::CutStatus::event;
  }
  return cut;
}

}  // namespace headgate::exchange
