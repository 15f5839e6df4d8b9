#pragma once
// What the contexts and the streams of TLS share. Not for use outside net.

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/net/tls_context.hpp"

namespace headgate::net {

struct OpenSslDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, OpenSslDeleter>;
using SslPtr = std::unique_ptr<SSL, OpenSslDeleter>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, OpenSslDeleter>;

// What OpenSSL's callbacks need to know about the stream they are called for: the app data of SSL.
struct TlsConnection {
  const class TlsClientContextImpl* client = nullptr;
  const TlsServerTable* server = nullptr;
  std::string name;         // client: to be verified; server: asked for
  std::string session_key;  // client only
};

class TlsClientContextImpl final : public TlsClientContext {
 public:
  TlsClientContextImpl(SslContextPtr context, std::string fingerprint, TlsClientOptions options)
      : context_(std::move(context)),
        fingerprint_(std::move(fingerprint)),
        options_(std::move(options)) {}

  std::string_view fingerprint() const override { return fingerprint_; }
  SSL_CTX* native() const { return context_.get(); }
  const TlsClientOptions& options() const { return options_; }

  // The session of the last handshake with that server; the caller owns a reference.
  SslSessionPtr session_for(const std::string& key) const;
  void remember(const std::string& key, SslSessionPtr session) const;

 private:
  static constexpr std::size_t kSessionsMax = 512;

  SslContextPtr context_;
  std::string fingerprint_;
  TlsClientOptions options_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, SslSessionPtr> sessions_;
};

class TlsServerContextImpl final : public TlsServerContext {
 public:
  explicit TlsServerContextImpl(SslContextPtr context) : context_(std::move(context)) {}
  SSL_CTX* native() const { return context_.get(); }

 private:
  SslContextPtr context_;
};

// Whether a certificate is for one of `names` (DNS names, IP addresses or URIs).
bool certificate_matches(X509* certificate, const std::vector<std::string>& names);

// Lower case, without a dot at the end.
std::string normal_name(std::string_view name);

// The reason of the last OpenSSL error of this thread, and clears the list of them.
std::string take_openssl_error();

}  // namespace headgate::net
