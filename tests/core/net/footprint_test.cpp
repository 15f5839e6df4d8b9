#include "core/net/footprint.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace headgate::net {
namespace {

TEST(Footprint, OfMemoryThatIsGoneDoesNoHarm) {
  Footprint footprint;
  auto gone = std::make_unique<std::array<std::byte, 1000>>();
  footprint.add(*gone);
  gone.reset();
  footprint.add(nullptr, 4096);
  footprint.add(reinterpret_cast<const void*>(std::uintptr_t{0x10}), 4096);
  footprint.add(this, 0);
  footprint.fetch();
}

TEST(Footprint, TakesNoMorePiecesThanItHasRoomFor) {
  Footprint footprint;
  for (std::size_t i = 0; i < 3 * Footprint::kPiecesMax; ++i) footprint.add(*this);
  footprint.fetch();
}

}  // namespace
}  // namespace headgate::net
