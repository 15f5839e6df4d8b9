#pragma once
// Bytes as hexadecimal digits. [any]

#include <span>
#include <string>

namespace headgate {

// Two digits for each byte, in lower case.
std::string hexadecimal(std::span<const unsigned char> bytes);

}  // namespace headgate
