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

void sha256(hg_str bytes, std::uint8_t out[32]) noexcept {
  // SHA256() looks the algorithm up at every call, which costs more than a short text does.
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (EVP_Digest(bytes_of(bytes), bytes.len, out, nullptr, algorithm, nullptr) != 1) std::abort();
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
