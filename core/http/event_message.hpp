#pragma once
// The binary event-stream framing: total and header length, a checksum over both, headers, payload,
// a checksum over all; numbers in network order. Part of the event cutter. [any]
// Layout: smithy.io, Amazon Event Stream Specification.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/http/event_cutter.hpp"

namespace headgate::http {

inline constexpr std::size_t kMessagePreludeBytes = 12;

// The length of the message that begins with this prelude; nothing when its checksum or its lengths
// are wrong. REQUIRES: in.size() >= kMessagePreludeBytes.
std::optional<std::size_t> message_bytes(std::string_view in);

// Fills `event` from one whole message. False when its checksum or its headers are wrong.
bool decode_message(std::string_view message, Event& event);

}  // namespace headgate::http
