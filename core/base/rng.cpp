#include "core/base/rng.hpp"

#include <random>

namespace headgate {
namespace {

// SplitMix64: one addition and three multiplications a draw, passes the usual test batteries.
// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
class SplitMix final : public Rng {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}

  std::uint32_t below(std::uint32_t bound) override {
    // Multiply-shift; the bias is below 2^-32 for the bounds used here (endpoint counts).
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

  double uniform() override { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace

std::unique_ptr<Rng> make_rng(std::uint64_t seed) {
  return std::make_unique<SplitMix>(seed);
}

std::unique_ptr<Rng> make_rng() {
  std::random_device device;
  return make_rng((static_cast<std::uint64_t>(device()) << 32) | device());
}

}  // namespace headgate
