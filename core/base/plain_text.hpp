#pragma once
// Long stretches of text in which nothing has to be looked at, found as fast as the processor can.
// Pure. [any]

#include <cstddef>

namespace headgate {

// What a byte that is not ASCII is.
enum class NonAscii : bool { plain, odd };

// How many bytes at `text` are plain, in whole steps of kPlainStep: neither control bytes (below
// 0x20) nor '"' nor '\\'. Reads `bytes` bytes at most.
inline constexpr std::size_t kPlainStep = 64;
std::size_t plain_steps(const char* text, std::size_t bytes, NonAscii non_ascii);

}  // namespace headgate
