#pragma once
// TLS on top of any ByteStream. OpenSSL sees two buffers in memory: what it wants sent is collected
// and leaves in one write of the stream below, what it wants to read is read there in one piece.

#include <memory>
#include <string>

#include "core/base/error.hpp"
#include "core/net/byte_stream.hpp"
#include "core/net/tls_context.hpp"

namespace headgate::net {

class TlsStream : public ByteStream {
 public:
  // To be called first and once. Errors are tls_failed and say why, without naming the place; the
  // stream below is then to be closed.
  virtual Task<Result<void>> handshake() = 0;
};

// `name` is sent as SNI (unless it is an address) and verified. `session_key` names the server
// whose sessions may be resumed.
std::unique_ptr<TlsStream> make_tls_client_stream(std::unique_ptr<ByteStream> below,
                                                  std::shared_ptr<const TlsClientContext> context,
                                                  const std::string& name,
                                                  const std::string& session_key);

// REQUIRES: the table has an entry.
std::unique_ptr<TlsStream> make_tls_server_stream(std::unique_ptr<ByteStream> below,
                                                  std::shared_ptr<const TlsServerTable> table);

}  // namespace headgate::net
