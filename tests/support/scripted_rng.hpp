#pragma once
// Returns a written-down sequence of draws, so that a test states what chance does.

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "core/base/rng.hpp"

namespace headgate {

class ScriptedRng final : public Rng {
 public:
  ScriptedRng(std::initializer_list<std::uint32_t> draws,
              std::initializer_list<double> uniforms = {})
      : draws_(draws), uniforms_(uniforms) {}

  std::uint32_t below(std::uint32_t bound) override {
    const std::uint32_t draw = draws_.at(next_draw_++);
    EXPECT_LT(draw, bound);
    bounds.push_back(bound);
    return draw;
  }

  double uniform() override { return uniforms_.at(next_uniform_++); }

  std::vector<std::uint32_t> bounds;  // what was asked for, in order

 private:
  std::vector<std::uint32_t> draws_;
  std::vector<double> uniforms_;
  std::size_t next_draw_ = 0;
  std::size_t next_uniform_ = 0;
};

}  // namespace headgate
