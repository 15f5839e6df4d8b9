#include "core/net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>
#include <sstream>
#include <utility>

#include "core/base/hex.hpp"
#include "core/net/address.hpp"
#include "core/net/tls_internal.hpp"

namespace headgate::net {
namespace {

Error tls_error(const std::string& message) {
  return gateway_error("tls_config", message);
}

Error file_error(const char* what, const std::string& path) {
  return tls_error(std::string(what) + " " + path + ": " + take_openssl_error());
}

// An encrypted key must not make the gateway ask for a password on its terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

int protocol_of(TlsVersion version) {
  return version == TlsVersion::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
}

Result<std::string> read_file(const char* what, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  if (!file || content.str().empty()) {
    return tls_error(std::string(what) + " " + path + ": " +
                     (errno != 0 ? std::strerror(errno) : "empty"));
  }
  return content.str();
}

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return hexadecimal(std::span(digest).first(size));
}

// Loads certificate and key, and appends what they hold to `identity`.
Result<void> load_certificate(SSL_CTX* context, const std::string& certificate_file,
                              const std::string& key_file, std::string& identity) {
  for (const auto& [what, path] :
       {std::pair("certificate file", &certificate_file), std::pair("key file", &key_file)}) {
    errno = 0;
    Result<std::string> content = read_file(what, *path);
    if (!content) return content.error();
    identity += *content;
    identity += '\0';
  }
  SSL_CTX_set_default_passwd_cb(context, no_password);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
    return file_error("certificate file", certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return file_error("key file", key_file);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return tls_error("key file " + key_file + " does not belong to the certificate in " +
                     certificate_file);
  }
  return {};
}

Result<void> load_roots(SSL_CTX* context, const std::string& root_file, std::string& identity) {
  errno = 0;
  Result<std::string> content = read_file("root file", root_file);
  if (!content) return content.error();
  identity += *content;
  identity += '\0';
  if (SSL_CTX_load_verify_file(context, root_file.c_str()) != 1) {
    return file_error("root file", root_file);
  }
  return {};
}

SslContextPtr new_context(const SSL_METHOD* method, TlsVersion version_min) {
  SslContextPtr context(SSL_CTX_new(method));
  SSL_CTX_set_min_proto_version(context.get(), protocol_of(version_min));
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections keep no record buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

TlsConnection& connection_of(SSL* ssl) {
  return *static_cast<TlsConnection*>(SSL_get_app_data(ssl));
}

// Called for each certificate of the chain; the server's own comes last, at depth 0. A name that
// does not match is refused here, inside the handshake, so that the peer is told and no session of
// it is kept.
int verify_server(int chain_is_good, X509_STORE_CTX* store) {
  if (chain_is_good != 1 || X509_STORE_CTX_get_error_depth(store) != 0) return chain_is_good;
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const TlsConnection& connection = connection_of(ssl);
  const TlsClientOptions& options = connection.client->options();
  if (options.insecure_host) return 1;
  std::vector<std::string> names = options.subject_alt_names;
  if (names.empty()) names.push_back(connection.name);
  if (certificate_matches(X509_STORE_CTX_get_current_cert(store), names)) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

int remember_session(SSL* ssl, SSL_SESSION* session) {
  const TlsConnection& connection = connection_of(ssl);
  if (connection.client == nullptr || SSL_SESSION_is_resumable(session) != 1) return 0;
  connection.client->remember(connection.session_key, SslSessionPtr(session));
  return 1;  // the reference is ours now
}

Result<void> set_alpn(SSL_CTX* context, const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255) {
      return tls_error("alpn: a protocol name has 1 to 255 bytes");
    }
    wire += static_cast<char>(protocol.size());
    wire += protocol;
  }
  if (wire.empty()) return {};
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(wire.data()),
                          static_cast<unsigned int>(wire.size()));
  return {};
}

int select_alpn(SSL*, const unsigned char** selected, unsigned char* selected_size,
                const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr std::string_view kHttp = "\x08http/1.1";
  auto* const ours = reinterpret_cast<const unsigned char*>(kHttp.data());
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, selected_size, ours, static_cast<unsigned int>(kHttp.size()),
                            offered, offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *selected = found;
  return SSL_TLSEXT_ERR_OK;
}

// The server_name extension: a list of one entry, type (0: host name), length, name. RFC 6066, 3.
std::string_view server_name_of(SSL* ssl) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1) return {};
  if (size < 5 || data[2] != TLSEXT_NAMETYPE_host_name) return {};
  const std::size_t length = static_cast<std::size_t>(data[3]) << 8 | data[4];
  if (length > size - 5) return {};
  return {reinterpret_cast<const char*>(data + 5), length};
}

// Runs before anything of the handshake is decided, so that certificate, client verification,
// version and session resumption are all those of the name that the client asks for.
int choose_context(SSL* ssl, int* alert, void*) {
  TlsConnection& connection = connection_of(ssl);
  connection.name = normal_name(server_name_of(ssl));
  const TlsServerContext* chosen = connection.server->find(connection.name);
  if (chosen == nullptr) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_CLIENT_HELLO_ERROR;
  }
  SSL_CTX* context = static_cast<const TlsServerContextImpl*>(chosen)->native();
  SSL_set_SSL_CTX(ssl, context);
  SSL_set_verify(ssl, SSL_CTX_get_verify_mode(context), nullptr);
  SSL_set_min_proto_version(ssl, static_cast<int>(SSL_CTX_get_min_proto_version(context)));
  return SSL_CLIENT_HELLO_SUCCESS;
}

bool uri_matches(X509* certificate, const std::string& name) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* entry = sk_GENERAL_NAME_value(names, i);
    if (entry->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = entry->d.uniformResourceIdentifier;
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                                static_cast<std::size_t>(ASN1_STRING_length(uri)));
    found = found || text == name;
  }
  GENERAL_NAMES_free(names);
  return found;
}

}  // namespace

void OpenSslDeleter::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}
void OpenSslDeleter::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}
void OpenSslDeleter::operator()(ssl_session_st* session) const {
  SSL_SESSION_free(session);
}

std::string take_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

std::string normal_name(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  std::string normal(name);
  for (char& c : normal) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return normal;
}

bool certificate_matches(X509* certificate, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (Address::from_ip(name, 0)) {
      if (X509_check_ip_asc(certificate, name.c_str(), 0) == 1) return true;
    } else if (name.find("://") != std::string::npos) {
      if (uri_matches(certificate, name)) return true;
    } else if (X509_check_host(certificate, name.data(), name.size(),
                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1) {
      return true;
    }
  }
  return false;
}

SslSessionPtr TlsClientContextImpl::session_for(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(key);
  if (found == sessions_.end()) return nullptr;
  SSL_SESSION_up_ref(found->second.get());
  return SslSessionPtr(found->second.get());
}

void TlsClientContextImpl::remember(const std::string& key, SslSessionPtr session) const {
  const std::lock_guard lock(mutex_);
  if (sessions_.size() >= kSessionsMax && !sessions_.contains(key)) {
    sessions_.erase(sessions_.begin());
  }
  sessions_[key] = std::move(session);
}

Result<std::shared_ptr<const TlsClientContext>> make_tls_client_context(
    const TlsClientOptions& options) {
  SslContextPtr context = new_context(TLS_client_method(), options.version_min);
  std::string identity;
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return tls_error("a client certificate needs both a certificate file and a key file");
  }
  if (!options.certificate_file.empty()) {
    Result<void> loaded =
        load_certificate(context.get(), options.certificate_file, options.key_file, identity);
    if (!loaded) return loaded.error();
  }
  if (!options.root_file.empty()) {
    Result<void> loaded = load_roots(context.get(), options.root_file, identity);
    if (!loaded) return loaded.error();
  } else if (!options.insecure && SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return tls_error("the system's root certificates: " + take_openssl_error());
  }
  Result<void> alpn = set_alpn(context.get(), options.alpn);
  if (!alpn) return alpn.error();

  SSL_CTX_set_verify(context.get(), options.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                     verify_server);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context.get(), remember_session);

  identity += options.root_file.empty() ? 's' : 'r';
  identity += options.insecure ? '1' : '0';
  identity += options.insecure_host ? '1' : '0';
  identity += std::to_string(protocol_of(options.version_min));
  for (const std::string& name : options.subject_alt_names) identity += "\nn" + name;
  for (const std::string& protocol : options.alpn) identity += "\na" + protocol;
  return std::shared_ptr<const TlsClientContext>(
      std::make_shared<TlsClientContextImpl>(std::move(context), sha256(identity), options));
}

Result<std::shared_ptr<const TlsServerContext>> make_tls_server_context(
    const TlsServerOptions& options) {
  SslContextPtr context = new_context(TLS_server_method(), options.version_min);
  std::string identity;
  Result<void> loaded =
      load_certificate(context.get(), options.certificate_file, options.key_file, identity);
  if (!loaded) return loaded.error();
  if (!options.root_file.empty()) {
    Result<void> roots = load_roots(context.get(), options.root_file, identity);
    if (!roots) return roots.error();
    SSL_CTX_set_client_CA_list(context.get(), SSL_load_client_CA_file(options.root_file.c_str()));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets only
  SSL_CTX_set_alpn_select_cb(context.get(), select_alpn, nullptr);
  SSL_CTX_set_client_hello_cb(context.get(), choose_context, nullptr);
  // A ticket of one certificate's rules must not open a connection under another's.
  const std::string id = sha256(identity).substr(0, SSL_MAX_SID_CTX_LENGTH);
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>(id.data()),
                                 static_cast<unsigned int>(id.size()));
  return std::shared_ptr<const TlsServerContext>(
      std::make_shared<TlsServerContextImpl>(std::move(context)));
}

void TlsServerTable::add(std::string_view pattern,
                         std::shared_ptr<const TlsServerContext> context) {
  const bool wildcard = pattern.starts_with("*.");
  if (wildcard) pattern.remove_prefix(2);
  if (pattern == "*") pattern = {};
  entries_.emplace_back(normal_name(pattern), wildcard, std::move(context));
}

const TlsServerContext* TlsServerTable::find(std::string_view server_name) const {
  const std::string name = normal_name(server_name);
  const Entry* best = nullptr;
  for (const Entry& entry : entries_) {
    if (entry.name.empty()) {
      if (best == nullptr) best = &entry;
    } else if (!entry.wildcard) {
      if (entry.name == name) return entry.context.get();
    } else if (name.size() > entry.name.size() + 1 && name.ends_with(entry.name) &&
               name[name.size() - entry.name.size() - 1] == '.' &&
               (best == nullptr || entry.name.size() > best->name.size())) {
      best = &entry;
    }
  }
  return best == nullptr ? nullptr : best->context.get();
}

const TlsServerContext* TlsServerTable::any() const {
  return entries_.empty() ? nullptr : entries_.front().context.get();
}

}  // namespace headgate::net
