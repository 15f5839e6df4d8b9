#include "core/route/draw_backend.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tests/support/scripted_rng.hpp"

namespace headgate::route {
namespace {

std::optional<std::size_t> draw(const std::vector<BackendShare>& backends, std::uint32_t number,
                                std::uint32_t bound) {
  ScriptedRng rng({number});
  const std::optional<std::size_t> drawn = draw_backend(backends, rng);
  EXPECT_EQ(rng.bounds, std::vector<std::uint32_t>{bound});
  return drawn;
}

// What is drawn without asking for a number.
std::optional<std::size_t> draw(const std::vector<BackendShare>& backends) {
  ScriptedRng rng({});
  return draw_backend(backends, rng);
}

TEST(DrawBackend, GivesEachItsShare) {
  const std::vector<BackendShare> backends{{1, true}, {3, true}, {2, true}};
  EXPECT_EQ(draw(backends, 0, 6), 0u);
  EXPECT_EQ(draw(backends, 1, 6), 1u);
  EXPECT_EQ(draw(backends, 3, 6), 1u);
  EXPECT_EQ(draw(backends, 4, 6), 2u);
  EXPECT_EQ(draw(backends, 5, 6), 2u);
}

TEST(DrawBackend, GivesTheShareOfAnUnavailableOneToItsSiblings) {
  const std::vector<BackendShare> backends{{1, true}, {3, false}, {2, true}};
  EXPECT_EQ(draw(backends, 0, 3), 0u);
  EXPECT_EQ(draw(backends, 1, 3), 2u);
  EXPECT_EQ(draw(backends, 2, 3), 2u);
}

TEST(DrawBackend, NeverDrawsAWeightOfZero) {
  EXPECT_EQ(draw({{0, true}, {2, true}, {0, true}, {1, true}}, 0, 3), 1u);
  EXPECT_EQ(draw({{0, true}, {2, true}}), 1u);
  EXPECT_EQ(draw({{0, true}, {2, false}}), 1u);
}

TEST(DrawBackend, LetsAllTakePartWhenNoneIsAvailable) {
  EXPECT_EQ(draw({{1, false}, {3, false}}, 1, 4), 1u);
}

TEST(DrawBackend, AsksForNoNumberWithoutAChoice) {
  EXPECT_EQ(draw({{5, true}}), 0u);
  EXPECT_EQ(draw({{5, false}}), 0u);
  EXPECT_EQ(draw({{5, false}, {7, true}}), 1u);
}

TEST(DrawBackend, DrawsNothingFromNothing) {
  EXPECT_EQ(draw({}), std::nullopt);
  EXPECT_EQ(draw({{0, true}}), std::nullopt);
}

}  // namespace
}  // namespace headgate::route
