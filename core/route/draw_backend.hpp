#pragma once
// One backend of a route is drawn by weight for each request.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/rng.hpp"

namespace headgate::route {

struct BackendShare {
  std::uint32_t weight = 1;
  bool available = true;  // false when every endpoint of it is out
};

// REQUIRES: the weights add up to less than 2^32 (the loader bounds each).
// The place of the drawn one. An unavailable backend gives its share to its siblings; when none is
// available all take part, so that the backend itself says what is wrong. Nothing when there is no
// weight at all. Asks `rng` only when there is a choice. [worker]
std::optional<std::size_t> draw_backend(std::span<const BackendShare> backends, Rng& rng);

}  // namespace headgate::route
