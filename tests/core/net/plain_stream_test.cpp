#include "core/net/plain_stream.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/core/net/net_test.hpp"

namespace headgate::net {
namespace {

class PlainStream : public NetTest {
 protected:
  ErrorCode write_all(ByteStream& stream, const std::vector<std::string_view>& pieces) {
    return run(stream.write(std::span<const std::string_view>(pieces)));
  }
};

// Bytes whose place can be told from their value.
std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 2654435761u) >> 24);
  return text;
}

TEST_F(PlainStream, CarriesBytesBothWays) {
  auto [ours, peer] = tcp_pair();
  peer.send("hello");
  EXPECT_EQ(read_text(*ours), "hello");
  EXPECT_FALSE(run(write(*ours, "answer")));
  EXPECT_EQ(peer.receive(), "answer");
}

TEST_F(PlainStream, NamesItsPeer) {
  auto [ours, peer] = tcp_pair();
  EXPECT_EQ(ours->remote_ip(), "127.0.0.1");
  EXPECT_EQ(ours->remote_address().find("127.0.0.1:"), 0u);
  EXPECT_EQ(ours->tls(), nullptr);
  auto [left, right] = stream_pair();
  EXPECT_EQ(left->remote_address(), "unix");
}

TEST_F(PlainStream, GathersPiecesInOrderEmptyOnesIncluded) {
  auto [ours, peer] = tcp_pair();
  EXPECT_FALSE(write_all(*ours, {"", "a", "", "bc", "", "def", ""}));
  EXPECT_EQ(peer.receive(), "abcdef");
  EXPECT_FALSE(write_all(*ours, {}));
  EXPECT_FALSE(write_all(*ours, {"", ""}));
  EXPECT_EQ(peer.receive(), "");
}

TEST_F(PlainStream, GathersMorePiecesThanOneSystemCallTakes) {
  auto [ours, peer] = tcp_pair();
  std::vector<std::string> texts;
  for (int i = 0; i < 2000; ++i) texts.push_back(std::to_string(i) + ",");
  const std::vector<std::string_view> pieces(texts.begin(), texts.end());
  std::string expected;
  for (const std::string& text : texts) expected += text;
  EXPECT_FALSE(write_all(*ours, pieces));
  std::string got;
  while (got.size() < expected.size()) got += peer.receive();
  EXPECT_EQ(got, expected);
}

TEST_F(PlainStream, GoesOnAfterAReadWasCancelled) {
  auto [ours, peer] = tcp_pair();
  ours->cancel_read();  // none is pending: nothing happens
  std::array<char, 16> buffer;
  std::optional<ReadResult> result;
  spawn(loop, store(ours->read_some(std::span<char>(buffer)), result));
  settle();
  EXPECT_FALSE(result);
  ours->cancel_read();
  run_until([&result] { return result.has_value(); });
  EXPECT_TRUE(is_aborted(result->error));
  EXPECT_EQ(result->bytes, 0u);
  EXPECT_FALSE(run(write(*ours, "too slow")));
  EXPECT_EQ(peer.receive(), "too slow");
  peer.send("later");
  EXPECT_EQ(read_text(*ours), "later");
}

// Enough of them that their memory is fetched ahead.
TEST_F(PlainStream, ServesManyWhoseFootprintIsPartlyGone) {
  constexpr std::size_t kPairs = 100;
  std::vector<std::pair<std::unique_ptr<ByteStream>, std::unique_ptr<ByteStream>>> pairs;
  std::vector<ReadBuffer> buffers(kPairs);
  std::vector<std::optional<ReadResult>> results(kPairs);
  for (std::size_t i = 0; i < kPairs; ++i) {
    auto& [reader, writer] = pairs.emplace_back(stream_pair());
    const auto gone = std::make_unique<std::array<char, 1000>>();
    Footprint footprint;
    footprint.add(*gone);
    footprint.add(buffers[i]);
    reader->add_to(footprint);
    reader->set_footprint(footprint);
    spawn(loop, store(reader->read_into(buffers[i], 1), results[i]));
  }
  settle();
  for (auto& [reader, writer] : pairs) EXPECT_FALSE(run(write(*writer, reader->remote_ip())));
  run_until([&] {
    return std::all_of(results.begin(), results.end(),
                       [](const auto& result) { return result.has_value(); });
  });
  for (const ReadBuffer& buffer : buffers) EXPECT_EQ(buffer.data(), "unix");
}

TEST_F(PlainStream, SendsAtOnceWhatTheKernelTakesAndLeavesTheRest) {
  auto [writer, reader] = stream_pair();
  const std::string big = pattern(8u << 20);
  std::vector<std::string_view> pieces = {"", "head", big, "tail"};
  const std::size_t sent = writer->write_at_once(pieces);
  EXPECT_GT(sent, 4u);
  EXPECT_LT(sent, big.size());
  EXPECT_EQ(writer->write_at_once(pieces), 0u);  // it is full

  drop_front(pieces, sent);
  std::optional<ErrorCode> written;
  spawn(loop, store(writer->write(std::span<const std::string_view>(pieces)), written));
  std::string got;
  while (got.size() < big.size() + 8) got += read_text(*reader);
  run_until([&written] { return written.has_value(); });
  EXPECT_EQ(got, "head" + big + "tail");
}

TEST_F(PlainStream, LosesNothingOfManySmallWritesToASlowReader) {
  auto [writer, reader] = stream_pair();
  const std::string text = pattern(1u << 20);
  std::size_t written = 0;
  std::string got;
  while (written < text.size()) {
    const std::string_view rest = std::string_view(text).substr(written, 1500);
    const std::vector<std::string_view> pieces = {rest.substr(0, rest.size() / 2), "",
                                                  rest.substr(rest.size() / 2)};
    const std::size_t sent = writer->write_at_once(pieces);
    written += sent;
    if (sent < rest.size()) got += read_text(*reader);
  }
  while (got.size() < text.size()) got += read_text(*reader);
  EXPECT_EQ(got, text);
}

TEST_F(PlainStream, SendsNothingAtOnceWhenClosed) {
  auto [ours, peer] = tcp_pair();
  ours->close();
  const std::vector<std::string_view> pieces = {"a"};
  EXPECT_EQ(ours->write_at_once(pieces), 0u);
  EXPECT_EQ(ours->write_at_once({}), 0u);
}

TEST(DropFront, TakesBytesOffPiecesAndEmptyPiecesWithThem) {
  using Pieces = std::vector<std::string_view>;
  const auto left = [](Pieces pieces, std::size_t bytes) {
    drop_front(pieces, bytes);
    return pieces;
  };
  EXPECT_EQ(left({"ab", "", "cd"}, 0), (Pieces{"ab", "", "cd"}));
  EXPECT_EQ(left({"ab", "", "cd"}, 1), (Pieces{"b", "", "cd"}));
  EXPECT_EQ(left({"ab", "", "cd"}, 2), (Pieces{"cd"}));
  EXPECT_EQ(left({"ab", "", "cd"}, 3), (Pieces{"d"}));
  EXPECT_EQ(left({"ab", "", "cd", ""}, 4), Pieces{});
  EXPECT_EQ(left({}, 0), Pieces{});
}

TEST_F(PlainStream, WaitsForASlowReaderAndLosesNothing) {
  auto [writer, reader] = stream_pair();
  const std::string big = pattern(8u << 20);
  const std::vector<std::string_view> pieces = {"head", big, "", "tail"};
  std::optional<ErrorCode> written;
  spawn(loop, store(writer->write(std::span<const std::string_view>(pieces)), written));
  settle();
  EXPECT_FALSE(written.has_value());  // the kernel is full, and nothing else buffers

  std::string got;
  while (got.size() < big.size() + 8) got += read_text(*reader);
  run_until([&written] { return written.has_value(); });
  EXPECT_FALSE(*written);
  EXPECT_TRUE(got == "head" + big + "tail");
}

TEST_F(PlainStream, ReadsAFastSenderWhole) {
  auto [writer, reader] = stream_pair();
  const std::string big = pattern(1u << 20);
  std::optional<ErrorCode> written;
  spawn(loop, store(write(*writer, big), written));
  std::string got;
  std::array<char, 1000> small;
  while (got.size() < big.size()) {
    const ReadResult in = run(reader->read_some(std::span<char>(small)));
    ASSERT_FALSE(in.error);
    got.append(small.data(), in.bytes);
  }
  EXPECT_TRUE(got == big);
}

TEST_F(PlainStream, ReportsTheEndAfterTheLastByte) {
  auto [ours, peer] = tcp_pair();
  peer.send("last");
  peer.close();
  std::array<char, 4> exact;  // filled to the brim: the next read asks the kernel directly
  EXPECT_EQ(run(ours->read_some(std::span<char>(exact))).bytes, 4u);
  const ReadResult end = run(ours->read_some(std::span<char>(exact)));
  EXPECT_TRUE(is_end(end.error));
  EXPECT_FALSE(is_truncated(end.error));
  EXPECT_EQ(end.bytes, 0u);
}

TEST_F(PlainStream, ReportsTheEndThatCameWithTheLastByte) {
  auto [ours, peer] = tcp_pair();
  peer.send("last");
  peer.close();
  settle();  // one event says both
  EXPECT_EQ(read_text(*ours), "last");
  EXPECT_EQ(read_text(*ours), "(End of file)");
}

TEST_F(PlainStream, ReadsIntoABufferThatHasNoMemoryWhileItWaits) {
  auto [ours, peer] = tcp_pair();
  ReadBuffer::Blocks blocks;
  ReadBuffer buffer(&blocks);
  buffer.space(1);
  std::optional<ReadResult> result;
  spawn(loop, store(ours->read_into(buffer, 1), result));
  settle();
  EXPECT_FALSE(result);
  EXPECT_EQ(blocks.kept(), 1u);
  peer.send("hello");
  run_until([&result] { return result.has_value(); });
  EXPECT_EQ(result->bytes, 5u);
  EXPECT_EQ(buffer.data(), "hello");
  EXPECT_EQ(blocks.kept(), 0u);
}

TEST_F(PlainStream, ReadsBehindWhatABufferHolds) {
  auto [ours, peer] = tcp_pair();
  ReadBuffer buffer;
  peer.send("one ");
  EXPECT_EQ(run(ours->read_into(buffer, 1)).bytes, 4u);
  peer.send("two");
  EXPECT_EQ(run(ours->read_into(buffer, 100'000)).bytes, 3u);
  EXPECT_EQ(buffer.data(), "one two");
  EXPECT_GE(buffer.space().size(), 100'000u - 3);
}

TEST_F(PlainStream, AReadIntoABufferThatWasCancelledLosesNothing) {
  auto [ours, peer] = tcp_pair();
  ReadBuffer buffer;
  std::optional<ReadResult> result;
  spawn(loop, store(ours->read_into(buffer, 1), result));
  settle();
  ours->cancel_read();
  EXPECT_FALSE(result);  // from the loop
  run_until([&result] { return result.has_value(); });
  EXPECT_TRUE(is_aborted(result->error));
  peer.send("later");
  EXPECT_EQ(run(ours->read_into(buffer, 1)).bytes, 5u);
  EXPECT_EQ(buffer.data(), "later");
}

TEST_F(PlainStream, AFastSenderDoesNotKeepTheLoopToItself) {
  auto [writer, reader] = stream_pair();
  EXPECT_EQ(writer->write_at_once(std::vector<std::string_view>{std::string(20'000, 'x')}),
            20'000u);
  settle();
  bool others_ran = false;
  int reads_before_others = 0;
  const auto read_all = [&]() -> Task<void> {
    std::array<char, 100> small;
    boost::asio::post(loop, [&others_ran] { others_ran = true; });
    for (int i = 0; i < 200; ++i) {
      const std::span<char> room(small);
      const ReadResult in = co_await reader->read_some(room);
      if (in.bytes == 100 && !others_ran) ++reads_before_others;
    }
  };
  run(read_all());
  EXPECT_TRUE(others_ran);
  EXPECT_LE(reads_before_others, 9);
}

TEST_F(PlainStream, AReadThatWaitsForItsTurnCanBeCancelled) {
  auto [writer, reader] = stream_pair();
  EXPECT_EQ(writer->write_at_once(std::vector<std::string_view>{"abcdefghijklmnop"}), 16u);
  std::array<char, 1> one;
  for (int i = 0; i < 9; ++i) run(reader->read_some(std::span<char>(one)));
  std::optional<ReadResult> result;
  spawn(loop, store(reader->read_some(std::span<char>(one)), result));
  boost::asio::post(loop, [&stream = *reader] { stream.close(); });
  run_until([&result] { return result.has_value(); });
  EXPECT_TRUE(is_aborted(result->error));
}

TEST_F(PlainStream, TasksThatWaitAreDestroyedWithTheLoop) {
  auto [ours, peer] = tcp_pair();
  const auto alive = std::make_shared<int>();
  const auto wait = [](std::unique_ptr<ByteStream> stream, std::shared_ptr<int>) -> Task<void> {
    ReadBuffer buffer;
    co_await stream->read_into(buffer, 1);
  };
  spawn(loop, wait(std::move(ours), alive));
  settle();
  EXPECT_EQ(alive.use_count(), 2);
  loop.destroy_tasks();
  EXPECT_EQ(alive.use_count(), 1);
}

TEST_F(PlainStream, SendsAnEndAndGoesOnReading) {
  auto [left, right] = stream_pair();
  run(left->shutdown_send());
  EXPECT_EQ(read_text(*right), "(End of file)");
  EXPECT_FALSE(run(write(*right, "late answer")));
  EXPECT_EQ(read_text(*left), "late answer");
}

TEST_F(PlainStream, CloseEndsAPendingReadAndAPendingWrite) {
  auto [ours, other] = stream_pair();
  std::array<char, 16> buffer;
  std::optional<ReadResult> read;
  std::optional<ErrorCode> written;
  const std::string big(8u << 20, 'x');
  spawn(loop, store(ours->read_some(std::span<char>(buffer)), read));
  spawn(loop, store(write(*ours, big), written));
  settle();
  EXPECT_FALSE(read || written);
  ours->close();
  settle();
  ASSERT_TRUE(read && written);
  EXPECT_TRUE(is_aborted(read->error));
  EXPECT_TRUE(is_aborted(*written));
  EXPECT_TRUE(is_aborted(run(write(*ours, "x"))));
  EXPECT_TRUE(is_aborted(run(ours->read_some(std::span<char>(buffer))).error));
}

TEST_F(PlainStream, WriteToAPeerThatIsGoneIsAnErrorAndNoSignal) {
  auto [ours, peer] = tcp_pair();
  peer.reset();
  ErrorCode error = run(write(*ours, "x"));
  EXPECT_TRUE(error);
  EXPECT_FALSE(is_aborted(error));
}

class PeerWatch : public NetTest {
 protected:
  std::function<void()> note() {
    return [this] { ++gone; };
  }
  int gone = 0;
};

TEST_F(PeerWatch, TellsOnceThatThePeerClosed) {
  auto [ours, peer] = tcp_pair();
  ours->watch_peer(note());
  settle();
  EXPECT_EQ(gone, 0);
  peer.close();
  run_until([this] { return gone > 0; });
  settle();
  EXPECT_EQ(gone, 1);
}

TEST_F(PeerWatch, TellsThatThePeerReset) {
  auto [ours, peer] = tcp_pair();
  ours->watch_peer(note());
  peer.reset();
  run_until([this] { return gone > 0; });
}

TEST_F(PeerWatch, SeesTheEndBehindBytesThatNobodyReads) {
  auto [ours, peer] = tcp_pair();
  ours->watch_peer(note());
  peer.send("a pipelined request");
  settle();
  EXPECT_EQ(gone, 0);  // bytes alone are no end
  peer.close();
  run_until([this] { return gone > 0; });
  EXPECT_EQ(read_text(*ours), "a pipelined request");
}

TEST_F(PeerWatch, DoesNotTellWhenUnwatched) {
  auto [ours, peer] = tcp_pair();
  ours->watch_peer(note());
  ours->unwatch_peer();
  peer.close();
  EXPECT_EQ(read_text(*ours), "(End of file)");
  settle();
  EXPECT_EQ(gone, 0);
}

TEST_F(PeerWatch, TellsAtTheNextWatchWhatHappenedBetween) {
  auto [ours, peer] = tcp_pair();
  ours->watch_peer(note());
  ours->unwatch_peer();
  peer.close();
  settle();
  ours->watch_peer(note());
  EXPECT_EQ(gone, 0);  // from the loop
  run_until([this] { return gone > 0; });
  EXPECT_EQ(gone, 1);
}

TEST_F(PeerWatch, TellsAtTheFirstWatchThatThePeerLeftBefore) {
  auto [ours, peer] = tcp_pair();
  peer.close();
  ours->watch_peer(note());
  run_until([this] { return gone > 0; });
}

TEST_F(PeerWatch, MayDestroyTheStreamAndOthers) {
  auto [first, first_peer] = tcp_pair();
  auto [second, second_peer] = tcp_pair();
  std::unique_ptr<ByteStream> a = std::move(first);
  std::unique_ptr<ByteStream> b = std::move(second);
  const auto drop_both = [&] {
    ++gone;
    a.reset();
    b.reset();
  };
  a->watch_peer(drop_both);
  b->watch_peer(drop_both);
  first_peer.close();
  second_peer.close();
  run_until([this] { return gone > 0; });
  settle();
  EXPECT_EQ(gone, 1);
}

TEST_F(PeerWatch, AFaultInOneCallKeepsNoOtherFromItsEvent) {
  auto [first, first_peer] = tcp_pair();
  auto [second, second_peer] = tcp_pair();
  const auto fail = [this] {
    ++gone;
    throw std::runtime_error("a bug of this test");
  };
  first->watch_peer(fail);
  second->watch_peer(fail);
  first_peer.close();
  second_peer.close();
  for (int i = 0; i < 2 && gone < 2; ++i) {
    EXPECT_THROW(run_until([this] { return gone > 1; }), std::runtime_error);
  }
  EXPECT_EQ(gone, 2);
}

TEST_F(PeerWatch, LetsTheLoopEndWhenTheStreamIsClosed) {
  auto [ours, peer] = tcp_pair();
  ours->watch_peer(note());
  ours->close();
  loop.run();  // returns
  EXPECT_EQ(gone, 0);
}

}  // namespace
}  // namespace headgate::net
