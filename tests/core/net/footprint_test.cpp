#include "core/net/footprint.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/net/frame.hpp"
#include "core/net/task.hpp"

namespace headgate::net {
namespace {

TEST(Footprint, OfMemoryThatIsGoneDoesNoHarm) {
  Footprint footprint;
  auto gone = std::make_unique<std::array<std::byte, 1000>>();
  footprint.add(*gone);
  gone.reset();
  footprint.add(nullptr, 4096);
  footprint.add(reinterpret_cast<const void*>(std::uintptr_t{0x10}), 4096);
  footprint.add(this, 0);
  footprint.fetch();
}

TEST(Footprint, TakesNoMorePiecesThanItHasRoomFor) {
  Footprint footprint;
  for (std::size_t i = 0; i < 3 * Footprint::kPiecesMax; ++i) footprint.add(*this);
  footprint.fetch();
}

#if __has_builtin(__builtin_coro_frame)
Task<void> show_frame(Footprint::Piece& frame, const int*& kept) {
  int lives_on = 0;
  frame = HEADGATE_FRAME;
  kept = &lives_on;
  co_await boost::asio::post(boost::asio::deferred);
  ++lives_on;
}

TEST(Frame, IsWhereTheCoroutineKeepsWhatLivesOnWhileItWaits) {
  IoContext io;
  Footprint::Piece frame;
  const int* kept = nullptr;
  spawn(io, show_frame(frame, kept));
  io.run();
  const auto begin = reinterpret_cast<std::uintptr_t>(frame.begin);
  EXPECT_GT(reinterpret_cast<std::uintptr_t>(kept), begin);
  EXPECT_LT(reinterpret_cast<std::uintptr_t>(kept), begin + frame.bytes);
}

Task<void> show_large_frame(Footprint::Piece& frame) {
  std::array<char, 4 * kFrontOfFrame> large;
  frame = HEADGATE_FRAME;
  large.back() = 1;
  co_await boost::asio::post(boost::asio::deferred);
  EXPECT_EQ(large.back(), 1);
}

TEST(Frame, OfALargeOneIsTheFront) {
  IoContext io;
  Footprint::Piece frame;
  spawn(io, show_large_frame(frame));
  io.run();
  EXPECT_EQ(frame.bytes, kFrontOfFrame);
}
#endif

}  // namespace
}  // namespace headgate::net
