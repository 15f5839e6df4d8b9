#include "core/exchange/target_parts.hpp"

namespace headgate::exchange {

net::TlsClientOptions tls_options(const config::BackendTlsConfig& tls) {
  net::TlsClientOptions options;
  options.root_file = tls.root;
  options.certificate_file = tls.cert;
  options.key_file = tls.key;
  options.insecure = tls.insecure;
  options.insecure_host = tls.insecure_host;
  options.subject_alt_names = tls.subject_alt_names;
  if (!tls.alpn.empty()) options.alpn = tls.alpn;
  return options;
}

upstream::TargetOptions target_options(const config::Address& address) {
  upstream::TargetOptions options;
  options.host = address.host;
  options.port = address.port;
  options.unix_path = address.path;
  return options;
}

std::string authority_of(const upstream::TargetOptions& options) {
  if (!options.unix_path.empty()) return "localhost";
  const bool v6 = options.host.find(':') != std::string::npos;
  const std::string name = v6 ? "[" + options.host + "]" : options.host;
  if (options.port == (options.tls ? 443 : 80)) return name;
  return name + ":" + std::to_string(options.port);
}

}  // namespace headgate::exchange
