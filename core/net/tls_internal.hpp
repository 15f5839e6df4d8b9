#pragma once
// What the contexts and the streams of TLS share. Not for use outside net.

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/net/tls_context.hpp"

// OpenSSL's SSL_CTX, SSL, SSL_SESSION and X509 by their own names.
struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;
struct x509_st;

namespace headgate::net {

struct OpenSslDeleter {
  void operator()(ssl_ctx_st* context) const;
  void operator()(ssl_st* ssl) const;
  void operator()(ssl_session_st* session) const;
};
using SslContextPtr = std::unique_ptr<ssl_ctx_st, OpenSslDeleter>;
using SslPtr = std::unique_ptr<ssl_st, OpenSslDeleter>;
using SslSessionPtr = std::unique_ptr<ssl_session_st, OpenSslDeleter>;

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
  ssl_ctx_st* native() const { return context_.get(); }
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
  ssl_ctx_st* native() const { return context_.get(); }

 private:
  SslContextPtr context_;
};

// Whether a certificate is for one of `names` (DNS names, IP addresses or URIs).
bool certificate_matches(x509_st* certificate, const std::vector<std::string>& names);

// Lower case, without a dot at the end.
std::string normal_name(std::string_view name);

// The reason of the last OpenSSL error of this thread, and clears the list of them.
std::string take_openssl_error();

}  // namespace headgate::net
