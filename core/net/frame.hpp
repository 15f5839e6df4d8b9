#pragma once
// Where the coroutine in which HEADGATE_FRAME stands keeps what lives on while it waits: a piece of
// a Footprint. Whoever goes on with the coroutine asks its frame first where to go on, and then for
// the frame of who awaits it, one after the other. Nothing where the compiler does not say.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/net/footprint.hpp"

namespace headgate::net {

// The front of a frame has what is needed to go on, the rest locals of ways that few requests take.
inline constexpr std::size_t kFrontOfFrame = 640;

inline Footprint::Piece front_of_frame(const void* frame, std::size_t bytes) {
  return {frame, static_cast<std::uint32_t>(std::min(bytes, kFrontOfFrame))};
}

}  // namespace headgate::net

// A macro, for a function would be asked about its own frame.
#if __has_builtin(__builtin_coro_frame)
#define HEADGATE_FRAME \
  ::headgate::net::front_of_frame(__builtin_coro_frame(), __builtin_coro_size())
#else
#define HEADGATE_FRAME \
  ::headgate::net::Footprint::Piece {}
#endif
