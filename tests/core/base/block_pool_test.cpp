#include "core/base/block_pool.hpp"

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <string>
#include <utility>

namespace headgate {
namespace {

constexpr std::size_t kBytes = 256;

TEST(BlockPool, UsesTheBlockAgainThatCameBackLast) {
  BlockPool<kBytes> pool;
  auto first = pool.take();
  auto second = pool.take();
  EXPECT_NE(first, second);
  const void* const last = first.get();
  pool.give_back(std::move(second));
  pool.give_back(std::move(first));
  EXPECT_EQ(pool.take().get(), last);
}

TEST(BlockPool, KeepsNoMoreThanItsBound) {
  BlockPool<kBytes> pool;
  std::list<std::unique_ptr<BlockPool<kBytes>::Block>> taken;
  for (std::size_t i = 0; i <= BlockPool<kBytes>::kKeptMax; ++i) taken.push_back(pool.take());
  for (auto& block : taken) pool.give_back(std::move(block));
  EXPECT_EQ(pool.kept(), BlockPool<kBytes>::kKeptMax);
}

TEST(Pooled, MakesAnObjectAndEndsIt) {
  BlockPool<kBytes> pool;
  const auto shared = std::make_shared<int>(1);
  {
    const Pooled<std::pair<std::shared_ptr<int>, std::string>, kBytes> pair(pool, shared, "text");
    EXPECT_EQ(shared.use_count(), 2);
    EXPECT_EQ(pair->second, "text");
    EXPECT_EQ((*pair).first, shared);
    EXPECT_EQ(pool.kept(), 0u);
  }
  EXPECT_EQ(shared.use_count(), 1);
  EXPECT_EQ(pool.kept(), 1u);
}

}  // namespace
}  // namespace headgate
