#include "core/base/arena.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory_resource>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace headgate {
namespace {

TEST(Arena, KeepsEveryCopyUntilItIsReset) {
  Arena arena;
  std::mt19937 random(3);
  for (int round = 0; round < 3; ++round) {
    std::vector<std::pair<std::string, std::string_view>> copies;
    for (int i = 0; i < 400; ++i) {
      const std::size_t size = i % 50 == 49 ? random() % 3'000'000 : random() % 300;
      std::string text(size, static_cast<char>('a' + i % 26));
      const std::string_view copy = arena.copy(text);
      copies.emplace_back(std::move(text), copy);
    }
    for (const auto& [text, copy] : copies) ASSERT_EQ(text, copy);
    arena.reset();
  }
}

TEST(Arena, AlignsWhatItGives) {
  Arena arena;
  for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
    for (int i = 0; i < 20; ++i) {
      arena.copy("x");
      const auto place = reinterpret_cast<std::uintptr_t>(arena.allocate(3, alignment));
      ASSERT_EQ(place % alignment, 0u) << alignment;
    }
  }
}

TEST(Arena, BeginsInItsOwnMemoryAgainAfterAReset) {
  Arena arena;
  const char* const first = arena.copy("first").data();
  arena.allocate(100'000);
  arena.reset();
  EXPECT_EQ(arena.copy("again").data(), first);
}

TEST(Arena, SaysWhatItTookFromTheHeap) {
  Arena arena;
  arena.allocate(100);
  EXPECT_EQ(arena.block_bytes(), 0u);
  arena.allocate(100'000);
  EXPECT_GE(arena.block_bytes(), 100'000u);
  const std::size_t one = arena.block_bytes();
  arena.allocate(200'000);
  EXPECT_GE(arena.block_bytes(), one + 200'000);
  arena.reset();
  EXPECT_EQ(arena.block_bytes(), 0u);
}

TEST(Arena, FillsItsOwnMemoryToTheLastByte) {
  Arena arena;
  const auto* const begin = static_cast<const char*>(arena.allocate(4096, 1));
  EXPECT_GE(begin, reinterpret_cast<const char*>(&arena));
  EXPECT_LE(begin + 4096, reinterpret_cast<const char*>(&arena) + sizeof(arena));
  const auto* const next = static_cast<const char*>(arena.allocate(1, 1));
  EXPECT_TRUE(next < begin || next >= begin + 4096);
}

TEST(Arena, RefusesASizeThatNoMemoryHas) {
  Arena arena;
  EXPECT_THROW(arena.allocate(std::numeric_limits<std::size_t>::max()), std::bad_alloc);
  EXPECT_THROW(arena.allocate(std::numeric_limits<std::size_t>::max() - 8), std::bad_alloc);
}

TEST(Arena, ServesContainers) {
  Arena arena;
  std::pmr::vector<int> numbers(arena.resource());
  for (int i = 0; i < 10'000; ++i) numbers.push_back(i);
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(numbers[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace headgate
