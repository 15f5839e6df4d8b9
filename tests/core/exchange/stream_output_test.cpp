#include "core/exchange/stream_output.hpp"

#include <gmock/gmock.h>

#include <random>
#include <string>
#include <vector>

namespace headgate::exchange {
namespace {

using testing::ElementsAre;

std::vector<std::string> pieces_of(StreamOutput& output) {
  std::vector<std::string> pieces;
  for (const BodyPiece& piece : output.pieces()) {
    const std::string bytes(piece.bytes);
    pieces.push_back(piece.in_chunks == 0 ? bytes : bytes + "*" + std::to_string(piece.in_chunks));
  }
  return pieces;
}

http::ChunkRun run_of(std::string_view raw, std::uint64_t data_bytes) {
  http::ChunkRun run;
  run.raw = raw;
  run.data_bytes = data_bytes;
  run.consumed = raw.size();
  return run;
}

http::Chunk chunk_in(std::string_view raw, std::size_t head, std::size_t data) {
  http::Chunk chunk;
  chunk.raw = raw;
  chunk.data = raw.substr(head, data);
  chunk.consumed = raw.size();
  return chunk;
}

class StreamOutputTest : public testing::Test {
 protected:
  StreamOutput output_{*std::pmr::new_delete_resource()};
};

TEST_F(StreamOutputTest, PassesRunsFromWhereTheyLie) {
  const std::string_view buffer = "one, two, three";
  output_.pass(buffer.substr(0, 5));
  output_.pass(buffer.substr(5, 5));
  ASSERT_EQ(output_.pieces().size(), 1u);
  EXPECT_EQ(output_.pieces()[0].bytes.data(), buffer.data());
  output_.pass(buffer.substr(12));
  output_.pass(buffer.substr(0, 0));
  EXPECT_THAT(pieces_of(output_), ElementsAre("one, two, ", "ree"));
  EXPECT_EQ(output_.bytes(), 13u);
}

TEST_F(StreamOutputTest, SettlesWhatLiesInABufferThatMoves) {
  std::string buffer = "one, two";
  output_.pass(std::string_view(buffer).substr(0, 3));
  output_.pass(std::string_view(buffer).substr(5));
  output_.settle();
  buffer.assign(buffer.size(), '#');
  output_.add("!");
  output_.add_event("x");
  EXPECT_THAT(pieces_of(output_), ElementsAre("onetwo!data: x\n\n"));
  EXPECT_EQ(output_.bytes(), 16u);
}

TEST_F(StreamOutputTest, KeepsTheOrderOfTextRunsAndChunks) {
  const std::string buffer = "1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n";
  const std::string_view view = buffer;
  output_.add("t1 ");
  output_.pass(view.substr(3, 1));
  output_.pass(run_of(view.substr(0, 6), 1));
  output_.pass(run_of(view.substr(6, 7), 2));
  output_.pass(view.substr(16, 1));
  output_.add(" t2");
  EXPECT_THAT(pieces_of(output_), ElementsAre("t1 a", "1\r\na\r\n2\r\nbc\r\n*3", "d t2"));
  EXPECT_EQ(output_.bytes(), 11u);
  output_.clear();
  EXPECT_TRUE(output_.empty());
  EXPECT_EQ(output_.bytes(), 0u);
  EXPECT_TRUE(output_.pieces().empty());
}

TEST_F(StreamOutputTest, PassesAChunkWhoseEventsAllPassed) {
  const std::string_view raw = "3\r\nabc\r\n";
  const http::Chunk chunk = chunk_in(raw, 3, 3);
  output_.pass_as_chunk(chunk);
  EXPECT_TRUE(output_.empty());
  output_.pass(chunk.data.substr(0, 1));
  output_.pass_as_chunk(chunk);
  EXPECT_THAT(pieces_of(output_), ElementsAre("a")) << "not all of it passed";
  output_.pass(chunk.data.substr(1));
  output_.pass_as_chunk(chunk);
  EXPECT_THAT(pieces_of(output_), ElementsAre("3\r\nabc\r\n*3"));
  EXPECT_EQ(output_.bytes(), 3u);
  output_.add("x");
  output_.pass_as_chunk(chunk);
  EXPECT_THAT(pieces_of(output_), ElementsAre("3\r\nabc\r\n*3", "x"));
}

// Whatever is added, in whatever order, comes out in that order, and in few pieces.
TEST_F(StreamOutputTest, BoundsItsPieces) {
  std::mt19937 random(20261122);
  const std::string chunks = "1\r\nx\r\n#";
  const std::string runs(4000, 'r');
  for (int round = 0; round < 20; ++round) {
    output_.clear();
    std::string expected;
    for (std::size_t at = 0; at + 1 < runs.size(); at += 2) {
      const auto kind = random() % (round % 2 == 0 ? 3 : 2);
      if (kind == 0) {
        output_.pass(std::string_view(runs).substr(at, 1));
        expected += 'r';
      } else if (kind == 1) {
        output_.add("t");
        expected += 't';
      } else if (output_.has_room_for_chunks()) {
        output_.pass(run_of(std::string_view(chunks).substr(0, 6), 1));
        expected += 'x';
      }
    }
    std::string got;
    for (const BodyPiece& piece : output_.pieces())
      got += piece.in_chunks > 0 ? std::string(piece.in_chunks, 'x') : std::string(piece.bytes);
    EXPECT_EQ(got, expected);
    EXPECT_EQ(output_.bytes(), expected.size());
    EXPECT_LE(output_.pieces().size(), StreamOutput::kPartsMax + 1);
  }
}

}  // namespace
}  // namespace headgate::exchange
