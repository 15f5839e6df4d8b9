#include "core/base/rng.hpp"

#include <gtest/gtest.h>

#include <array>

namespace headgate {
namespace {

TEST(Rng, DrawsEveryValueBelowTheBoundAboutEquallyOften) {
  const auto rng = make_rng(42);
  std::array<int, 5> seen{};
  for (int i = 0; i < 50'000; ++i) ++seen.at(rng->below(5));
  for (const int count : seen) EXPECT_NEAR(count, 10'000, 500);
}

TEST(Rng, GivesTheSameDrawsForTheSameSeed) {
  const auto a = make_rng(7);
  const auto b = make_rng(7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a->below(1000), b->below(1000));
}

TEST(Rng, DrawsUniformNumbersBelowOne) {
  const auto rng = make_rng(1);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double x = rng->uniform();
    ASSERT_GE(x, 0.0);
    ASSERT_LT(x, 1.0);
    sum += x;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

}  // namespace
}  // namespace headgate
