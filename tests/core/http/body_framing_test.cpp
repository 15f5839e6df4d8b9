#include "core/http/body_framing.hpp"

#include <gmock/gmock.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::http {
namespace {

using namespace std::string_literals;

// What came of a body: its bytes, its passed-on framing, how it ended.
struct Outcome {
  std::string bytes;
  std::string end;  // "done N" with the bytes consumed, "more", or the error
  bool operator==(const Outcome&) const = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << testing::PrintToString(outcome.bytes) << " " << outcome.end;
}

enum class Way { next, pass, chunks_and_next, runs_and_next };

// What a reader gets of a chunk that is sent on with its framing.
std::string_view read_alone(std::string_view raw) {
  BodyFraming body = BodyFraming::chunked(BodyLimits(), Fault::client);
  const Piece piece = body.next(raw);
  EXPECT_EQ(piece.consumed + 2, raw.size());
  EXPECT_EQ(body.next(raw.substr(piece.consumed)).consumed, 2u);
  EXPECT_TRUE(body.canonical());
  return piece.data;
}

// Some of the chunks at the front, in one go: the bytes of the body that were in them.
std::string take_run(BodyFraming& body, std::string_view part, std::size_t chunks_max,
                     std::size_t& consumed) {
  std::string bytes;
  std::string refused;
  const std::uint64_t before = body.body_bytes();
  const ChunkRun run = body.take_chunks(part, [&](std::string_view data) {
    EXPECT_TRUE(refused.empty()) << "asked behind a no";
    if (chunks_max-- == 0) {
      refused = data;
      return false;
    }
    bytes += data;
    return true;
  });
  consumed = run.consumed;
  EXPECT_EQ(run.data_bytes, bytes.size());
  EXPECT_EQ(body.body_bytes(), before + bytes.size());
  EXPECT_EQ(run.consumed == 0, bytes.empty());
  if (run.consumed > 0) {
    EXPECT_EQ(part.data() + run.consumed, run.raw.data() + run.raw.size());
    BodyFraming alone = BodyFraming::chunked(BodyLimits(), Fault::client);
    std::string again;
    for (std::string_view rest = run.raw; !rest.empty();) {
      const Piece piece = alone.next(rest);
      again += piece.data;
      rest.remove_prefix(piece.consumed);
    }
    EXPECT_EQ(again, bytes) << "what is sent on says the same";
    EXPECT_TRUE(alone.canonical());
  }
  return bytes;
}

// Feeds `parts` one behind the other, as reads from a connection would.
Outcome feed(BodyFraming body, const std::vector<std::string_view>& parts, Way way) {
  const bool passing = way == Way::pass;
  Outcome outcome;
  std::size_t consumed = 0;
  for (std::string_view part : parts) {
    while (!part.empty()) {
      if (way == Way::chunks_and_next) {
        Chunk chunk;
        while (body.take_chunk(part, chunk)) {
          EXPECT_EQ(part.data() + chunk.consumed, chunk.raw.data() + chunk.raw.size());
          EXPECT_EQ(read_alone(chunk.raw), chunk.data);
          outcome.bytes += chunk.data;
          consumed += chunk.consumed;
          part.remove_prefix(chunk.consumed);
        }
        if (part.empty()) break;
      }
      if (way == Way::runs_and_next) {
        std::size_t taken = 0;
        outcome.bytes += take_run(body, part, part.size() % 4, taken);
        consumed += taken;
        part.remove_prefix(taken);
        if (part.empty()) break;
      }
      const Piece piece = passing ? body.pass(part) : body.next(part);
      if (piece.status == PieceStatus::failed) {
        outcome.end = std::to_string(piece.error->status) + " " + std::string(piece.error->code) +
                      ": " + piece.error->message;
        return outcome;
      }
      outcome.bytes += passing ? piece.raw : piece.data;
      EXPECT_TRUE((passing ? piece.data : piece.raw).empty());
      consumed += piece.consumed;
      part.remove_prefix(piece.consumed);
      if (piece.status == PieceStatus::done) {
        EXPECT_TRUE(body.done());
        outcome.end = "done " + std::to_string(consumed);
        return outcome;
      }
      if (piece.consumed == 0) {
        ADD_FAILURE() << "no progress with " << part.size() << " bytes";
        return outcome;
      }
    }
  }
  outcome.end = "more";
  return outcome;
}

// The same whole, in two parts and byte by byte.
Outcome feed_every_way(const BodyFraming& body, std::string_view in, bool passing) {
  const Outcome whole = feed(body, {in}, passing ? Way::pass : Way::next);
  for (const Way way : {Way::next, Way::pass, Way::chunks_and_next, Way::runs_and_next}) {
    if ((way == Way::pass) != passing) continue;
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < in.size(); ++i) {
      bytes.push_back(in.substr(i, 1));
      const Outcome split = feed(body, {in.substr(0, i), in.substr(i)}, way);
      EXPECT_EQ(split.end, whole.end) << "split at " << i;
      // Before a failure the parts decide how much got through.
      if (!whole.end.starts_with('4')) {
        EXPECT_EQ(split, whole) << "split at " << i;
      }
    }
    EXPECT_EQ(feed(body, bytes, way).end, whole.end) << "byte by byte";
  }
  return whole;
}

BodyFraming chunked(const BodyLimits& limits = BodyLimits()) {
  return BodyFraming::chunked(limits, Fault::client);
}
Outcome decode(std::string_view in) {
  return feed_every_way(chunked(), in, false);
}
Outcome pass(std::string_view in) {
  return feed_every_way(chunked(), in, true);
}

TEST(BodyFraming, TakesABodyOfKnownLengthAndNoMore) {
  const BodyFraming body = BodyFraming::length(5, BodyLimits(), Fault::client);
  EXPECT_EQ(feed_every_way(body, "hellomore", false), (Outcome{"hello", "done 5"}));
  EXPECT_EQ(feed_every_way(body, "hellomore", true), (Outcome{"hello", "done 5"}));
  EXPECT_EQ(feed_every_way(body, "hell", false), (Outcome{"hell", "more"}));
}

TEST(BodyFraming, KnowsWhatIsStillToCome) {
  BodyFraming body = BodyFraming::length(5, BodyLimits(), Fault::client);
  body.next("abc");
  EXPECT_EQ(body.remaining(), 2u);
  EXPECT_EQ(body.body_bytes(), 3u);
  EXPECT_FALSE(body.done());
}

TEST(BodyFraming, IsDoneAtOnceWithoutABody) {
  EXPECT_TRUE(BodyFraming::none().done());
  BodyFraming empty = BodyFraming::length(0, BodyLimits(), Fault::client);
  EXPECT_TRUE(empty.done());
  const Piece piece = empty.next("GET");
  EXPECT_EQ(piece.status, PieceStatus::done);
  EXPECT_EQ(piece.consumed, 0u);
}

TEST(BodyFraming, TakesChunksOutOfTheirFraming) {
  EXPECT_EQ(decode("5\r\nhello\r\n00A\r\n, world!!!\r\n0\r\n\r\nGET"),
            (Outcome{"hello, world!!!", "done 32"}));
  EXPECT_EQ(decode("0\r\n\r\n"), (Outcome{"", "done 5"}));
  EXPECT_EQ(decode("2;a=\"b;c\"\r\n\r\n\r\n0;x\r\nA: b\r\nC:\r\n\r\n"),
            (Outcome{"\r\n", "done 32"}));
}

TEST(BodyFraming, PassesCanonicalChunksOnAsTheyAre) {
  const std::string body = "5\r\nhello\r\nA\r\n, world!!!\r\n0\r\n\r\n";
  EXPECT_EQ(pass(body + "GET"), (Outcome{body, "done 30"}));
  BodyFraming framing = chunked();
  const Piece piece = framing.pass(body + "GET");
  EXPECT_EQ(piece.raw.size(), body.size());  // in one run
  EXPECT_TRUE(framing.canonical());
  EXPECT_EQ(framing.body_bytes(), 15u);
}

TEST(BodyFraming, LeavesExtensionsAndTrailersOutOfWhatItPassesOn) {
  EXPECT_EQ(pass("5;a=b\r\nhello\r\n0;c\r\nA: b\r\nC: d\r\n\r\n").bytes, "5\r\nhello\r\n0\r\n\r\n");
  BodyFraming with_extension = chunked();
  with_extension.next("5;a\r\n");
  EXPECT_FALSE(with_extension.canonical());
  BodyFraming with_trailer = chunked();
  with_trailer.next("0\r\nA: b\r\n\r\n");
  EXPECT_FALSE(with_trailer.canonical());
}

TEST(BodyFraming, KeepsTrailersWhenAsked) {
  BodyFraming body = chunked();
  body.keep_trailers();
  body.next("0\r\nA: b\r\nC: d\r\n\r\n");
  EXPECT_TRUE(body.done());
  EXPECT_EQ(body.trailers(), "A: b\r\nC: d\r\n");
  BodyFraming other = chunked();
  other.next("0\r\nA: b\r\n\r\n");
  EXPECT_EQ(other.trailers(), "");
}

class RefusedChunks : public testing::TestWithParam<std::string> {};

TEST_P(RefusedChunks, FailBothWaysHoweverTheyAreSplit) {
  EXPECT_THAT(decode(GetParam()).end,
              testing::StartsWith("400 bad_body_framing: the request body"));
  EXPECT_THAT(pass(GetParam()).end, testing::StartsWith("400 bad_body_framing: the request body"));
}

INSTANTIATE_TEST_SUITE_P(
    Framing, RefusedChunks,
    testing::Values("\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\rhello",
                    "5\r\nhello!\r\n", "5\r\nhello\r!", "5\r\nhell\r\n0\r\n\r\n", "x\r\n", "-1\r\n",
                    "0x5\r\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n", "5 ;a\r\nhello\r\n",
                    ";a\r\n", "5;a\nhello", "5;a\0\r\nhello"s, "5;a\rb\r\n",
                    "00000000000000005\r\nhello\r\n", "11111111111111111\r\n", "0\r\n\n",
                    "0\r\n\rx", "0\r\nA: b\n\r\n", "0\r\nA\r\n\r\n", "0\r\nA b: c\r\n\r\n",
                    "0\r\n: b\r\n\r\n", "0\r\nA: b\r\n c\r\n\r\n", "0\r\nA: b\rc\r\n\r\n",
                    "0\r\nA: \x01\r\n\r\n"));

TEST(BodyFraming, TakesTheSameBytesThroughItsShortCut) {
  std::mt19937 random(20261122);
  const std::vector<std::string> pieces = {"5\r\nhello\r\n",
                                           "1\r\nx\r\n",
                                           "0A\r\n0123456789\r\n",
                                           "3;a=b\r\nabc\r\n",
                                           "000002\r\n\r\n\r\n",
                                           "0\r\n\r\n",
                                           "0\r\nA: b\r\n\r\n",
                                           "2\r\nabc\r\n",
                                           "f\r\n",
                                           "\r\n"};
  BodyLimits limits;
  limits.body_bytes_max = 30;
  for (int round = 0; round < 100; ++round) {
    std::string in;
    for (std::size_t count = 1 + random() % 8; count > 0; --count)
      in += pieces[random() % (random() % 2 == 0 ? 3 : pieces.size())];
    decode(in);
    feed_every_way(chunked(limits), in, false);
  }
}

TEST(BodyFraming, TakesChunksForAsLongAsTheyAreWanted) {
  const std::string_view in = "1\r\na\r\n00a\r\n0123456789\r\n1\r\nb\r\n0\r\n\r\n";
  BodyFraming body = chunked();
  std::string asked;
  const ChunkRun run = body.take_chunks(in, [&](std::string_view data) {
    asked.append(data).append(" ");
    return data != "b";
  });
  EXPECT_EQ(asked, "a 0123456789 b ");
  EXPECT_EQ(run.raw, in.substr(0, 23));
  EXPECT_EQ(run.consumed, 23u);
  EXPECT_EQ(run.data_bytes, 11u);
  const Piece rest = body.next(in.substr(23));
  EXPECT_EQ(rest.data, "b");
  EXPECT_EQ(body.body_bytes(), 12u);
}

TEST(BodyFraming, ReadsChunkSizesOfAnyLengthAndCase) {
  for (const std::size_t size : {1u, 9u, 15u, 16u, 255u, 256u, 2989u, 4095u, 4096u, 70000u}) {
    for (const char* const format : {"%zx", "%zX", "0%zx", "00%zX", "0000%zx"}) {
      std::array<char, 32> line{};
      std::snprintf(line.data(), line.size(), format, size);
      const std::string in = std::string(line.data()) + "\r\n" + std::string(size, 'x') + "\r\n";
      BodyFraming body = chunked();
      Chunk chunk;
      EXPECT_TRUE(body.take_chunk(in, chunk)) << line.data();
      EXPECT_EQ(chunk.data.size(), size);
      EXPECT_EQ(chunk.raw, in);
    }
  }
}

TEST(BodyFraming, TakesNoMoreChunksThanTheBodyMayHave) {
  BodyLimits limits;
  limits.body_bytes_max = 7;
  BodyFraming body = chunked(limits);
  const ChunkRun run = body.take_chunks("3\r\nabc\r\n3\r\ndef\r\n3\r\nghi\r\n",
                                        [](std::string_view) { return true; });
  EXPECT_EQ(run.raw, "3\r\nabc\r\n3\r\ndef\r\n");
  EXPECT_EQ(body.next("3\r\nghi\r\n").status, PieceStatus::failed);
}

TEST(BodyFraming, TakesNoChunkWhereTheBodyIsNotInChunks) {
  Chunk chunk;
  const std::string_view in = "5\r\nhello\r\n";
  EXPECT_FALSE(BodyFraming::length(5, BodyLimits(), Fault::client).take_chunk(in, chunk));
  EXPECT_FALSE(BodyFraming::none().take_chunk(in, chunk));
  BodyFraming done = chunked();
  done.next("0\r\n\r\n");
  EXPECT_FALSE(done.take_chunk(in, chunk));
  BodyFraming failed = chunked();
  failed.next("x");
  EXPECT_FALSE(failed.take_chunk(in, chunk));
}

TEST(BodyFraming, TakesAChunkOnlyWhenItIsWholeAndCanonical) {
  const std::string_view in = "5\r\nhello\r\n3\r\nabc\r\n";
  for (std::size_t size = 0; size < 10; ++size) {
    BodyFraming body = chunked();
    Chunk chunk;
    EXPECT_FALSE(body.take_chunk(in.substr(0, size), chunk)) << size;
    EXPECT_EQ(body.next(in).data, "hello") << "nothing was consumed";
    // The line end of a chunk that went the long way belongs to nothing that is passed on.
    EXPECT_TRUE(body.take_chunk(in.substr(8), chunk));
    EXPECT_EQ(chunk.raw, "3\r\nabc\r\n");
    EXPECT_EQ(chunk.consumed, 10u);
    EXPECT_EQ(body.body_bytes(), 8u);
  }
  for (const std::string_view other :
       {"0\r\n\r\n", "5;a\r\nhello\r\n", "5\r\nhello!\r\n", "5\r\nhello\r!", "5\nhello\r\n",
        "FFFFFFFFFFFFFFFF\r\nhello\r\n", "00000000000000005\r\nhello\r\n"}) {
    BodyFraming body = chunked();
    Chunk chunk;
    EXPECT_FALSE(body.take_chunk(other, chunk)) << other;
  }
}

TEST(BodyFraming, StaysFailed) {
  BodyFraming body = chunked();
  EXPECT_EQ(body.next("x").status, PieceStatus::failed);
  EXPECT_EQ(body.next("0\r\n\r\n").status, PieceStatus::failed);
  EXPECT_EQ(body.pass("0\r\n\r\n").status, PieceStatus::failed);
  EXPECT_FALSE(body.end_of_input().ok());
}

TEST(BodyFraming, BoundsTheBody) {
  BodyLimits limits;
  limits.body_bytes_max = 5;
  const auto end = [](const BodyFraming& body, std::string_view in) {
    return feed_every_way(body, in, false).end;
  };
  EXPECT_EQ(end(chunked(limits), "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), "done 20");
  EXPECT_EQ(end(chunked(limits), "3\r\nabc\r\n3\r\n"),
            "413 body_too_large: the request body is larger than the limit");
  EXPECT_EQ(end(chunked(limits), "FFFFFFFFFFFFFFFF\r\n"),
            "413 body_too_large: the request body is larger than the limit");
  EXPECT_EQ(end(BodyFraming::length(5, limits, Fault::client), "abcde"), "done 5");
  EXPECT_EQ(end(BodyFraming::length(6, limits, Fault::client), "a"),
            "413 body_too_large: the request body is larger than the limit");
  BodyFraming open = BodyFraming::until_close(limits, Fault::upstream);
  EXPECT_EQ(open.next("abcde").data, "abcde");
  const Piece piece = open.next("f");
  ASSERT_EQ(piece.status, PieceStatus::failed);
  EXPECT_EQ(piece.error->code, "upstream_body_too_large");
  EXPECT_EQ(piece.error->status, 502);
}

TEST(BodyFraming, BoundsExtensionsAndTrailersOverTheWholeBody) {
  BodyLimits limits;
  limits.extension_bytes_max = 4;
  limits.trailer_bytes_max = 6;
  const auto end = [&](std::string_view in) {
    return feed_every_way(chunked(limits), in, false).end;
  };
  EXPECT_EQ(end("1;a\r\nx\r\n1;b\r\nx\r\n0\r\nA: b\r\n\r\n"), "done 27");
  EXPECT_THAT(end("1;a\r\nx\r\n1;bc\r\nx\r\n"), testing::StartsWith("400 "));
  EXPECT_THAT(end("0\r\nA: bc\r\n\r\n"), testing::StartsWith("431 "));
}

TEST(BodyFraming, EndsWithTheConnectionOnlyWhereNothingElseEndsIt) {
  BodyFraming open = BodyFraming::until_close(BodyLimits(), Fault::upstream);
  EXPECT_EQ(open.next("abc").data, "abc");
  EXPECT_FALSE(open.done());
  EXPECT_TRUE(open.end_of_input().ok());
  EXPECT_TRUE(open.done());

  BodyFraming cut = BodyFraming::length(5, BodyLimits(), Fault::upstream);
  cut.next("abc");
  EXPECT_EQ(cut.end_of_input().error().code, "upstream_body_cut_short");
  EXPECT_EQ(cut.end_of_input().error().fault, Fault::upstream);
  cut.next("de");
  EXPECT_TRUE(cut.end_of_input().ok());

  BodyFraming chunks = chunked();
  chunks.next("1\r\na\r\n");
  EXPECT_EQ(chunks.end_of_input().error().status, 400);
  EXPECT_TRUE(BodyFraming::none().end_of_input().ok());
}

TEST(BodyFraming, BlamesTheUpstreamForItsBody) {
  BodyFraming body = BodyFraming::chunked(BodyLimits(), Fault::upstream);
  const Piece piece = body.next("x");
  ASSERT_EQ(piece.status, PieceStatus::failed);
  EXPECT_EQ(piece.error->fault, Fault::upstream);
  EXPECT_EQ(piece.error->code, "upstream_bad_response");
}

TEST(BodyRules, ARequestHasABodyWhenItsHeadSaysSo) {
  RequestHead head;
  EXPECT_EQ(request_body(head, BodyLimits()).kind(), BodyKind::none);
  head.content_length = 3;
  EXPECT_EQ(request_body(head, BodyLimits()).kind(), BodyKind::length);
  EXPECT_EQ(request_body(head, BodyLimits()).remaining(), 3u);
  head.content_length.reset();
  head.chunked = true;
  EXPECT_EQ(request_body(head, BodyLimits()).kind(), BodyKind::chunked);
}

TEST(BodyRules, AnAnswerHasABodyButWhereItCannot) {
  const auto kind = [](int status, bool head_request, bool with_length) {
    ResponseHead head;
    head.status = status;
    if (with_length) head.content_length = 3;
    return response_body(head, head_request, BodyLimits()).kind();
  };
  EXPECT_EQ(kind(200, false, true), BodyKind::length);
  EXPECT_EQ(kind(200, false, false), BodyKind::until_close);
  EXPECT_EQ(kind(200, true, true), BodyKind::none);
  for (const int status : {100, 103, 204, 304})
    EXPECT_EQ(kind(status, false, true), BodyKind::none);
  EXPECT_EQ(kind(205, false, true), BodyKind::length);
  ResponseHead head;
  head.status = 500;
  head.chunked = true;
  EXPECT_EQ(response_body(head, false, BodyLimits()).kind(), BodyKind::chunked);
}

}  // namespace
}  // namespace headgate::http
