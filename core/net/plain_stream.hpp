#pragma once
// A connected socket, TCP or unix, as a ByteStream in clear.

#include <memory>

#include "core/net/address.hpp"
#include "core/net/byte_stream.hpp"
#include "core/net/file_descriptor.hpp"
#include "core/net/task.hpp"

namespace headgate::net {

// REQUIRES: `socket` is connected and non-blocking. `held` is kept as long as the stream lives: how
// a listener counts its connections. [worker]
std::unique_ptr<ByteStream> make_plain_stream(IoContext& io, FileDescriptor socket,
                                              const Address& remote,
                                              std::shared_ptr<void> held = nullptr);

}  // namespace headgate::net
