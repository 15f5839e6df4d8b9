#pragma once
// Detached signatures in the format of the minisign tool, which verifies what is written here and
// whose signatures are verified here. Ed25519 over the BLAKE2b-512 of the bytes (`ED`, which is
// written) or over the bytes themselves (`Ed`, the tool's older form). Pure. [any]
//
// A key pair made here is kept as PKCS #8 in PEM, which OpenSSL's tools read too; its id is taken
// from the public key. Who has a key of the minisign tool signs with that tool.

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace headgate::bundle {

using KeyId = std::array<unsigned char, 8>;

struct PublicKey {
  KeyId id{};
  std::array<unsigned char, 32> key{};

  bool operator==(const PublicKey&) const = default;
  std::string id_text() const;  // as the minisign tool shows it
};

struct Signature {
  bool prehashed = true;
  KeyId key_id{};
  std::array<unsigned char, 64> bytes{};
  std::string trusted_comment;  // signed, with `bytes`, by `global`
  std::array<unsigned char, 64> global{};

  bool operator==(const Signature&) const = default;
  std::string id_text() const;
};

struct KeyPair {
  PublicKey public_key;
  std::string secret_pem;  // never shown or logged
};

inline constexpr std::string_view kSignatureSuffix = ".minisig";

// The two lines of a .pub file, or the second one alone. Code: bundle_key.
Result<PublicKey> read_public_key(std::string_view text);
std::string write_public_key(const PublicKey& key);

// The four lines of a .minisig file. Code: bundle_signature.
Result<Signature> read_signature(std::string_view text);
std::string write_signature(const Signature& signature, std::string_view untrusted_comment);

// Whether `signature` is this key's of these bytes, the comment included. Code: bundle_signature.
Result<void> verify(const PublicKey& key, const Signature& signature, std::string_view bytes);

// The same by whichever of the keys it names. Codes: bundle_signer (none of them),
// bundle_signature.
Result<void> verify(std::span<const PublicKey> keys, const Signature& signature,
                    std::string_view bytes);

// Code: bundle_key.
Result<KeyPair> generate_key();
Result<Signature> sign(std::string_view secret_pem, std::string_view bytes,
                       std::string trusted_comment);

}  // namespace headgate::bundle
