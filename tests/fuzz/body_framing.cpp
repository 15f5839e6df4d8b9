// A chunked body in two parts is the body, also where whole chunks are taken out of it; what is
// passed on decodes to the same and is canonical.

#include "core/http/body_framing.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace headgate::http {
namespace {

struct Outcome {
  std::string data;
  std::size_t consumed = 0;
  PieceStatus status = PieceStatus::more;
  bool canonical = true;
};

enum class Way { next, pass, chunks, runs };

// A chunk that is taken whole says the same with its framing as without.
void check(const Chunk& chunk) {
  BodyFraming body = BodyFraming::chunked(BodyLimits(), Fault::client);
  const Piece piece = body.next(chunk.raw);
  FUZZ_CHECK(piece.data == chunk.data && body.canonical());
  FUZZ_CHECK(body.next(chunk.raw.substr(piece.consumed)).consumed == 2);
}

Outcome read(std::string_view first, std::string_view second, Way way) {
  const bool passing = way == Way::pass;
  BodyLimits limits;
  limits.extension_bytes_max = limits.trailer_bytes_max = 64;
  BodyFraming body = BodyFraming::chunked(limits, Fault::upstream);
  Outcome outcome;
  for (const std::string_view part : {first, second}) {
    const fuzz::Block block(part);
    std::string_view rest = block.view();
    while (!rest.empty() && outcome.status == PieceStatus::more) {
      Chunk chunk;
      if (way == Way::chunks && body.take_chunk(rest, chunk)) {
        check(chunk);
        outcome.data += chunk.data;
        outcome.consumed += chunk.consumed;
        rest.remove_prefix(chunk.consumed);
        continue;
      }
      if (way == Way::runs) {
        std::size_t wanted = rest.size() % 4;
        const ChunkRun run = body.take_chunks(rest, [&](std::string_view data) {
          if (wanted-- == 0) return false;
          outcome.data += data;
          return true;
        });
        outcome.consumed += run.consumed;
        rest.remove_prefix(run.consumed);
        if (rest.empty()) break;
      }
      const Piece piece = passing ? body.pass(rest) : body.next(rest);
      outcome.status = piece.status;
      if (piece.status == PieceStatus::failed) return outcome;
      FUZZ_CHECK(piece.consumed > 0);
      outcome.data += passing ? piece.raw : piece.data;
      outcome.consumed += piece.consumed;
      rest.remove_prefix(piece.consumed);
    }
  }
  outcome.canonical = body.canonical();
  return outcome;
}

}  // namespace

FUZZ_TARGET(input) {
  const std::string_view first = input.whole.substr(0, input.split);
  const std::string_view second = input.whole.substr(input.split);
  const Outcome whole = read(input.whole, {}, Way::next);
  const Outcome parts = read(first, second, Way::next);
  const Outcome passed = read(first, second, Way::pass);
  const Outcome chunks = read(first, second, Way::chunks);
  FUZZ_CHECK(parts.status == whole.status && passed.status == whole.status);
  FUZZ_CHECK(chunks.status == whole.status && chunks.canonical == parts.canonical);
  const Outcome runs = read(first, second, Way::runs);
  FUZZ_CHECK(runs.status == whole.status && runs.canonical == parts.canonical);
  if (whole.status == PieceStatus::failed) return;
  FUZZ_CHECK(parts.data == whole.data && parts.consumed == whole.consumed);
  FUZZ_CHECK(chunks.data == whole.data && chunks.consumed == whole.consumed);
  FUZZ_CHECK(runs.data == whole.data && runs.consumed == whole.consumed);
  FUZZ_CHECK(passed.consumed == whole.consumed);
  const Outcome reread = read(passed.data, {}, Way::next);
  FUZZ_CHECK(reread.data == whole.data && reread.status == whole.status && reread.canonical);
}

}  // namespace headgate::http
