#include "core/route/draw_backend.hpp"

namespace headgate::route {

std::optional<std::size_t> draw_backend(std::span<const BackendShare> backends, Rng& rng) {
  std::uint32_t available_sum = 0;
  std::uint32_t sum = 0;
  std::size_t available_count = 0;
  std::size_t count = 0;
  for (const BackendShare& backend : backends) {
    if (backend.weight == 0) continue;
    sum += backend.weight;
    ++count;
    if (!backend.available) continue;
    available_sum += backend.weight;
    ++available_count;
  }
  if (sum == 0) return std::nullopt;

  const bool ignore_availability = available_sum == 0;
  const bool only_one = (ignore_availability ? count : available_count) == 1;
  const std::uint32_t total = ignore_availability ? sum : available_sum;
  std::uint32_t draw = only_one ? 0 : rng.below(total);
  for (std::size_t i = 0; i < backends.size(); ++i) {
    if (backends[i].weight == 0) continue;
    if (!ignore_availability && !backends[i].available) continue;
    if (draw < backends[i].weight) return i;
    draw -= backends[i].weight;
  }
  return std::nullopt;
}

}  // namespace headgate::route
