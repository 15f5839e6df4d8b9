#pragma once
// Randomness is injected, one generator per worker; tests script it. Not for secrets.

#include <cstdint>
#include <memory>

namespace headgate {

class Rng {
 public:
  virtual ~Rng() = default;

  // A uniform draw from [0, bound). REQUIRES: bound > 0.
  virtual std::uint32_t below(std::uint32_t bound) = 0;

  // A uniform draw from [0, 1).
  virtual double uniform() = 0;
};

// A fast generator seeded from the operating system. [worker]
std::unique_ptr<Rng> make_rng();
// The same with a known seed, for simulations.
std::unique_ptr<Rng> make_rng(std::uint64_t seed);

}  // namespace headgate
