// hg.crypto/1. OpenSSL keeps it constant-time and fast; a plugin that brought its own copy would
// fight with ours over symbols.

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstdlib>
#include <limits>

#include "core/plugin/tables.hpp"

namespace headgate::plugin {

namespace {

const unsigned char* bytes_of(hg_str text) {
  static const unsigned char nothing = 0;
  return text.len == 0 ? &nothing : reinterpret_cast<const unsigned char*>(text.ptr);
}

// A context of its own for each thread: to make one costs more than to hash a short text.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) {}
  ~Digest() { EVP_MD_CTX_free(context_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  bool run(const EVP_MD* algorithm, hg_str bytes, std::uint8_t* out) {
    return EVP_DigestInit_ex2(context_, algorithm, nullptr) == 1 &&
           EVP_DigestUpdate(context_, bytes_of(bytes), bytes.len) == 1 &&
           EVP_DigestFinal_ex(context_, out, nullptr) == 1;
  }

 private:
  EVP_MD_CTX* const context_;
};

void sha256(hg_str bytes, std::uint8_t out[32]) noexcept {
  // SHA256() looks the algorithm up at every call, which costs more than a short text does.
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local Digest digest;
  if (!digest.run(algorithm, bytes, out)) std::abort();
}

void hmac_sha256(hg_str key, hg_str bytes, std::uint8_t out[32]) noexcept {
  unsigned char long_key[SHA256_DIGEST_LENGTH];
  const unsigned char* key_bytes = bytes_of(key);
  // HMAC() takes an int; by its definition a key longer than a block stands for its digest.
  if (key.len > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    SHA256(key_bytes, key.len, long_key);
    key_bytes = long_key;
    key.len = sizeof(long_key);
  }
  unsigned int length = 0;
  HMAC(EVP_sha256(), key_bytes, static_cast<int>(key.len), bytes_of(bytes), bytes.len, out,
       &length);
}

std::int32_t equal(hg_str a, hg_str b) noexcept {
  if (a.len != b.len) return 0;
  return CRYPTO_memcmp(bytes_of(a), bytes_of(b), a.len) == 0 ? 1 : 0;
}

std::int32_t random(std::uint8_t* out, std::size_t bytes) noexcept {
  constexpr std::size_t kPieceMax = 1u << 30;
  if (out == nullptr && bytes != 0) return HG_INVALID;
  while (bytes != 0) {
    const std::size_t piece = bytes < kPieceMax ? bytes : kPieceMax;
    if (RAND_bytes(out, static_cast<int>(piece)) != 1) return HG_INVALID;
    out += piece;
    bytes -= piece;
  }
  return HG_OK;
}

}  // namespace

const hg_crypto_ext kCryptoTable = {
    .size = HG_END_OF(hg_crypto_ext, random),
    .reserved = 0,
    .sha256 = sha256,
    .hmac_sha256 = hmac_sha256,
    .equal = equal,
    .random = random,
};

}  // namespace headgate::plugin
