#include "tests/core/net/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace headgate::net {
namespace {

struct Deleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using CertificatePtr = std::unique_ptr<X509, Deleter>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter>;

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (extension == nullptr) throw std::runtime_error("bad extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

CertificatePtr make_certificate(const std::string& subject, long serial, EVP_PKEY* key) {
  CertificatePtr certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24L * 3600);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
  return certificate;
}

template <class Write>
void write_pem(const std::string& path, Write write) {
  FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr || write(file) != 1) throw std::runtime_error("cannot write " + path);
  std::fclose(file);
}

}  // namespace

struct TestAuthority::State {
  KeyPtr key{EVP_EC_gen("P-256")};
  CertificatePtr certificate;
};

TestAuthority::TestAuthority(const std::string& name) : state_(std::make_unique<State>()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "headgate-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  state_->certificate = make_certificate(name, 1, state_->key.get());
  X509* certificate = state_->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate, state_->key.get(), EVP_sha256());
  root_file_ = folder_ + "/root.pem";
  write_pem(root_file_, [&](FILE* file) { return PEM_write_X509(file, certificate); });
}

TestAuthority::~TestAuthority() {
  std::filesystem::remove_all(folder_);
}

TestAuthority::Files TestAuthority::issue(const std::string& subject,
                                          const std::string& names) const {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const CertificatePtr certificate = make_certificate(subject, 2 + issued_, key.get());
  X509* const issuer = state_->certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  if (!names.empty()) add_extension(certificate.get(), issuer, NID_subject_alt_name, names);
  X509_sign(certificate.get(), state_->key.get(), EVP_sha256());
  const std::string base = folder_ + "/" + std::to_string(issued_++);
  const Files files{base + ".pem", base + ".key"};
  write_pem(files.certificate, [&](FILE* file) { return PEM_write_X509(file, certificate.get()); });
  write_pem(files.key, [&](FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return files;
}

std::string TestAuthority::write(const std::string& file, const std::string& content) const {
  const std::string path = folder_ + "/" + file;
  std::ofstream(path) << content;
  return path;
}

}  // namespace headgate::net
