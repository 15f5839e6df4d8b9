#pragma once
// Draws an index by weight with one random number, whatever the number of weights: Walker's alias
// method in Vose's form (M. D. Vose, "A Linear Algorithm for Generating Random Numbers with a Given
// Distribution", 1991).

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/rng.hpp"

namespace headgate::select {

class AliasTable {
 public:
  // Up to 65,535 weights, of which one at least is not 0; an empty table otherwise.
  explicit AliasTable(std::span<const std::uint32_t> weights);

  bool empty() const { return size_ == 0; }
  // All weights are the same, so a plain draw serves.
  bool uniform() const { return uniform_; }
  // REQUIRES: not empty.
  std::size_t draw(Rng& rng) const;

 private:
  struct Slot {
    float keep = 1;  // the chance that the slot stands for itself
    std::uint16_t alias = 0;
  };
  std::size_t size_ = 0;
  bool uniform_ = false;
  std::vector<Slot> slots_;  // empty when uniform
};

}  // namespace headgate::select
