#pragma once
// TLS contexts for connections to upstreams, by what they are made of: loading the system's roots
// takes tens of milliseconds, and a configuration has many endpoints and is loaded again and again.
// [main]

#include <map>
#include <memory>
#include <string>

#include "core/base/error.hpp"
#include "core/net/tls_context.hpp"

namespace headgate::upstream {

class TlsContextCache {
 public:
  // The context for these options: the one that somebody still holds, when the files are the ones
  // it was made from; else a new one. Errors: those of net::make_tls_client_context.
  Result<std::shared_ptr<const net::TlsClientContext>> get(const net::TlsClientOptions& options);

 private:
  std::map<std::string, std::weak_ptr<const net::TlsClientContext>> contexts_;
};

}  // namespace headgate::upstream
