#pragma once
// SHA-256 (FIPS 180-4) for the fake host, so that testing a plugin needs no crypto library. Not for
// anything but tests.

#include <array>
#include <cstdint>
#include <string_view>

namespace hg::testing {

std::array<std::uint8_t, 32> sha256(std::string_view bytes);
std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::string_view bytes);

}  // namespace hg::testing
