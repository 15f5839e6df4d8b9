#include "core/base/small_blocks.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

namespace headgate {
namespace {

// Closes what it made, so that nothing leaks.
struct Blocks : SmallBlocks {
  ~Blocks() { close(); }
};

void* fresh(std::size_t bytes) {
  return std::malloc(SmallBlocks::rounded(bytes));
}

TEST(SmallBlocks, HasNothingAtFirst) {
  Blocks blocks;
  EXPECT_EQ(blocks.take(1), nullptr);
  EXPECT_EQ(blocks.take(SmallBlocks::kLargest), nullptr);
}

TEST(SmallBlocks, GivesThePieceThatCameBackLastFirst) {
  Blocks blocks;
  void* const first = fresh(100);
  void* const second = fresh(100);
  ASSERT_TRUE(blocks.keep(first, 100));
  ASSERT_TRUE(blocks.keep(second, 100));
  void* const taken = blocks.take(100);
  EXPECT_EQ(taken, second);
  EXPECT_EQ(blocks.take(100), first);
  EXPECT_EQ(blocks.take(100), nullptr);
  std::free(first);
  std::free(second);
}

TEST(SmallBlocks, ServesSizesThatRoundUpToTheSame) {
  Blocks blocks;
  void* const piece = fresh(33);
  ASSERT_TRUE(blocks.keep(piece, 33));
  EXPECT_EQ(blocks.take(32), nullptr);
  EXPECT_EQ(blocks.take(49), nullptr);
  EXPECT_EQ(blocks.take(48), piece);
  std::free(piece);
}

TEST(SmallBlocks, TakesAPieceOfNoBytesForOneOfOne) {
  Blocks blocks;
  ASSERT_TRUE(blocks.keep(fresh(0), 0));
  void* const piece = blocks.take(1);
  EXPECT_NE(piece, nullptr);
  std::free(piece);
}

TEST(SmallBlocks, LeavesLargePiecesToMalloc) {
  Blocks blocks;
  void* const large = std::malloc(SmallBlocks::kLargest + 1);
  EXPECT_FALSE(blocks.keep(large, SmallBlocks::kLargest + 1));
  EXPECT_EQ(blocks.take(SmallBlocks::kLargest + 1), nullptr);
  EXPECT_EQ(SmallBlocks::rounded(SmallBlocks::kLargest + 1), SmallBlocks::kLargest + 1);
  std::free(large);
}

TEST(SmallBlocks, DoesNotKeepNothing) {
  Blocks blocks;
  EXPECT_FALSE(blocks.keep(nullptr, 16));
  EXPECT_EQ(blocks.take(16), nullptr);
}

TEST(SmallBlocks, KeepsNoMoreThanItsBound) {
  Blocks blocks;
  for (std::size_t i = 0; i < SmallBlocks::kKeptBytesMax / SmallBlocks::kLargest; ++i) {
    ASSERT_TRUE(blocks.keep(fresh(SmallBlocks::kLargest), SmallBlocks::kLargest));
  }
  EXPECT_EQ(blocks.kept_bytes(), SmallBlocks::kKeptBytesMax);
  void* const piece = fresh(16);
  EXPECT_FALSE(blocks.keep(piece, 16));
  std::free(piece);
  std::free(blocks.take(SmallBlocks::kLargest));
  EXPECT_TRUE(blocks.keep(fresh(16), 16));
}

TEST(SmallBlocks, KeepsNothingOnceClosed) {
  Blocks blocks;
  ASSERT_TRUE(blocks.keep(fresh(16), 16));
  blocks.close();
  EXPECT_EQ(blocks.take(16), nullptr);
  void* const late = fresh(16);
  EXPECT_FALSE(blocks.keep(late, 16));
  std::free(late);
}

// Whatever comes and goes, no piece is given to two, and each holds what it was asked for.
TEST(SmallBlocks, GivesNoPieceToTwo) {
  struct Held {
    unsigned char* bytes;
    std::size_t size;
    unsigned char mark;
  };
  std::mt19937 random(1);
  Blocks blocks;
  std::vector<Held> held;
  for (int i = 0; i < 20'000; ++i) {
    if (held.size() < 200 && random() % 2 == 0) {
      const std::size_t size = random() % (SmallBlocks::kLargest + 1);
      void* piece = blocks.take(size);
      if (piece == nullptr) piece = fresh(size);
      const auto mark = static_cast<unsigned char>(random());
      std::memset(piece, mark, size);
      held.push_back({static_cast<unsigned char*>(piece), size, mark});
    } else if (!held.empty()) {
      std::swap(held[random() % held.size()], held.back());
      const Held last = held.back();
      held.pop_back();
      for (std::size_t at = 0; at < last.size; ++at) ASSERT_EQ(last.bytes[at], last.mark);
      if (!blocks.keep(last.bytes, last.size)) std::free(last.bytes);
    }
  }
  for (const Held& last : held) std::free(last.bytes);
}

}  // namespace
}  // namespace headgate
