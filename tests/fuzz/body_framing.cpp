// A chunked body in two parts is the body; what is passed on decodes to the same and is canonical.

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

Outcome read(std::string_view first, std::string_view second, bool passing) {
  BodyLimits limits;
  limits.extension_bytes_max = limits.trailer_bytes_max = 64;
  BodyFraming body = BodyFraming::chunked(limits, Fault::upstream);
  Outcome outcome;
  for (const std::string_view part : {first, second}) {
    const fuzz::Block block(part);
    std::string_view rest = block.view();
    while (!rest.empty() && outcome.status == PieceStatus::more) {
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
  const Outcome whole = read(input.whole, {}, false);
  const Outcome parts =
      read(input.whole.substr(0, input.split), input.whole.substr(input.split), false);
  const Outcome passed =
      read(input.whole.substr(0, input.split), input.whole.substr(input.split), true);
  FUZZ_CHECK(parts.status == whole.status && passed.status == whole.status);
  if (whole.status == PieceStatus::failed) return;
  FUZZ_CHECK(parts.data == whole.data && parts.consumed == whole.consumed);
  FUZZ_CHECK(passed.consumed == whole.consumed);
  const Outcome reread = read(passed.data, {}, false);
  FUZZ_CHECK(reread.data == whole.data && reread.status == whole.status && reread.canonical);
}

}  // namespace headgate::http
