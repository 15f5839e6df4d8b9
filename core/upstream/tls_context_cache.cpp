#include "core/upstream/tls_context_cache.hpp"

#include <openssl/x509.h>
#include <sys/stat.h>

namespace headgate::upstream {
namespace {

void add_text(std::string& key, std::string_view text) {
  key += std::to_string(text.size());
  key += ':';
  key += text;
}

// Another file under the same name, or another content, is another identity.
void add_file(std::string& key, const std::string& path) {
  add_text(key, path);
  struct stat found{};
  if (path.empty() || stat(path.c_str(), &found) != 0) return;
  for (const auto value :
       {static_cast<long long>(found.st_dev), static_cast<long long>(found.st_ino),
        static_cast<long long>(found.st_size), static_cast<long long>(found.st_mtim.tv_sec),
        static_cast<long long>(found.st_mtim.tv_nsec)}) {
    key += std::to_string(value);
    key += ',';
  }
}

// Where OpenSSL looks for the system's roots.
void add_system_roots(std::string& key) {
  add_file(key, X509_get_default_cert_file());
  add_file(key, X509_get_default_cert_dir());
}

std::string key_of(const net::TlsClientOptions& options) {
  std::string key;
  if (options.root_file.empty()) {
    add_system_roots(key);
  } else {
    add_file(key, options.root_file);
  }
  add_file(key, options.certificate_file);
  add_file(key, options.key_file);
  key += options.insecure ? 'i' : '-';
  key += options.insecure_host ? 'h' : '-';
  key += options.version_min == net::TlsVersion::tls_1_3 ? '3' : '2';
  for (const auto* list : {&options.subject_alt_names, &options.alpn}) {
    add_text(key, std::to_string(list->size()));
    for (const std::string& item : *list) add_text(key, item);
  }
  return key;
}

}  // namespace

Result<std::shared_ptr<const net::TlsClientContext>> TlsContextCache::get(
    const net::TlsClientOptions& options) {
  std::erase_if(contexts_, [](const auto& entry) { return entry.second.expired(); });
  std::string key = key_of(options);
  const auto known = contexts_.find(key);
  if (known != contexts_.end()) {
    if (auto context = known->second.lock()) return context;
  }
  auto made = net::make_tls_client_context(options);
  if (made) contexts_[std::move(key)] = *made;
  return made;
}

}  // namespace headgate::upstream
