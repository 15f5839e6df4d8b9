#pragma once
// What a TLS handshake is made with: certificates, roots and rules, loaded once when the
// configuration is, then shared by all workers and never changed. A fault in a file is an Error
// that names the file.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.hpp"

namespace headgate::net {

enum class TlsVersion { tls_1_2, tls_1_3 };

struct TlsClientOptions {
  // PEM file of the roots to trust in place of the system's. Empty: the system's.
  std::string root_file;
  // PEM files of the certificate (with its chain) and key to show. Both or none.
  std::string certificate_file;
  std::string key_file;
  // Accepts any certificate. For tests and for links that are protected otherwise.
  bool insecure = false;
  // Checks the certificate chain but not that it is for the name that was asked for.
  bool insecure_host = false;
  // When not empty, the certificate must carry one of these (DNS, IP or URI) in place of the name
  // connected to.
  std::vector<std::string> subject_alt_names;
  // Offered in this order. An upstream that picks none of them is taken to speak the first.
  std::vector<std::string> alpn = {"http/1.1"};
  TlsVersion version_min = TlsVersion::tls_1_2;
};

// For connections to upstreams. Keeps the last session per server (bounded, behind a lock that is
// taken once or twice per handshake), so that a new connection need not do a full handshake. [any]
class TlsClientContext {
 public:
  virtual ~TlsClientContext() = default;
  // Equal for contexts made of equal options and equal files: what a pool may be shared by.
  virtual std::string_view fingerprint() const = 0;
};

Result<std::shared_ptr<const TlsClientContext>> make_tls_client_context(
    const TlsClientOptions& options);

struct TlsServerOptions {
  std::string certificate_file;  // PEM, the server's first, then its chain
  std::string key_file;          // PEM
  // PEM file of roots: clients must show a certificate that one of them signed. Empty: none asked.
  std::string root_file;
  TlsVersion version_min = TlsVersion::tls_1_2;
};

// One certificate of a listener. Offers http/1.1 and nothing else. [any]
class TlsServerContext {
 public:
  virtual ~TlsServerContext() = default;
};

Result<std::shared_ptr<const TlsServerContext>> make_tls_server_context(
    const TlsServerOptions& options);

// Which certificate a client gets, by the name it asks for (SNI): the exact name, else the wildcard
// with the most labels ("*.example.org" matches one or more labels in front), else the default.
// Immutable once a listener has it.
class TlsServerTable {
 public:
  // `pattern` is a name, "*.name", or "" or "*" for the default. The first of equal patterns stays.
  void add(std::string_view pattern, std::shared_ptr<const TlsServerContext> context);

  // Nothing when no pattern matches and there is no default: the handshake is refused with
  // unrecognized_name. `server_name` is empty when the client sent none.
  const TlsServerContext* find(std::string_view server_name) const;

  // Any of them, to begin a handshake with.
  const TlsServerContext* any() const;

 private:
  struct Entry {
    Entry(std::string name, bool wildcard, std::shared_ptr<const TlsServerContext> context)
        : name(std::move(name)), wildcard(wildcard), context(std::move(context)) {}

    std::string name;  // lower case, without "*."; empty for the default
    bool wildcard;
    std::shared_ptr<const TlsServerContext> context;
  };
  std::vector<Entry> entries_;
};

}  // namespace headgate::net
