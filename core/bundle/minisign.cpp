#include "core/bundle/minisign.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/base/hex.hpp"
#include "core/bundle/digest.hpp"

namespace headgate::bundle {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr std::string_view kUntrusted = "untrusted comment: ";
constexpr std::string_view kTrusted = "trusted comment: ";
constexpr std::string_view kAlgorithm = "Ed";
constexpr std::string_view kPrehashed = "ED";
constexpr std::size_t kFileBytesMax = 16 * 1024;  // the tool allows 1 KiB and 8 KiB of comment

Error bad_signature(std::string message) {
  return gateway_error("bundle_signature", std::move(message));
}
Error bad_key(std::string message) {
  return gateway_error("bundle_key", std::move(message));
}

// The lines of a text; a last one without its end counts, and CR LF ends a line as LF does.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

// Takes as many bytes as `out` has from the front.
template <std::size_t N>
void take(std::string_view& from, std::array<unsigned char, N>& out) {
  std::copy_n(from.begin(), N, out.begin());
  from.remove_prefix(N);
}

template <std::size_t N>
std::string_view view(const std::array<unsigned char, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

// The tool shows an id as a number that was stored with its last byte first.
std::string shown(const KeyId& id) {
  KeyId reversed = id;
  std::reverse(reversed.begin(), reversed.end());
  std::string text = hexadecimal(reversed);
  for (char& c : text) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

bool is_signed(const PublicKey& key, const std::array<unsigned char, 64>& signature,
               std::string_view bytes) {
  const Key public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.key.data(), key.key.size()),
      &EVP_PKEY_free);
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  return public_key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                          reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1;
}

bool make_signature(EVP_PKEY* key, std::string_view bytes, std::array<unsigned char, 64>& out) {
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::size_t size = out.size();
  return context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
         EVP_DigestSign(context.get(), out.data(), &size,
                        reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1 &&
         size == out.size();
}

// What the global signature is over.
std::string with_comment(const Signature& signature) {
  return std::string(view(signature.bytes)) + signature.trusted_comment;
}

// An id that is the same for the same key, so that it need not be kept with the secret one.
bool public_part(EVP_PKEY* key, PublicKey& out) {
  std::size_t size = out.key.size();
  if (EVP_PKEY_get_raw_public_key(key, out.key.data(), &size) != 1 || size != out.key.size()) {
    return false;
  }
  const Blake2b512 digest = blake2b512(view(out.key));
  std::copy_n(digest.begin(), out.id.size(), out.id.begin());
  return true;
}

Key read_secret(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  // An empty password instead of a question on the terminal.
  char nothing[] = "";
  Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nothing) : nullptr,
          &EVP_PKEY_free);
  if (key && EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) key.reset();
  return key;
}

}  // namespace

std::string PublicKey::id_text() const {
  return shown(id);
}
std::string Signature::id_text() const {
  return shown(key_id);
}

Result<PublicKey> read_public_key(std::string_view text) {
  if (text.size() > kFileBytesMax) return bad_key("not a public key: the text is too long");
  std::vector<std::string_view> lines = lines_of(text);
  if (!lines.empty() && lines.front().starts_with(kUntrusted)) lines.erase(lines.begin());
  if (lines.size() != 1) {
    return bad_key("not a public key: it is a line of base64, under a comment or alone");
  }
  const std::optional<std::string> bytes = from_base64(lines.front());
  constexpr std::size_t kBytes = 2 + 8 + 32;
  if (!bytes || bytes->size() != kBytes || !bytes->starts_with(kAlgorithm)) {
    return bad_key("not a public key in the format of minisign");
  }
  PublicKey key;
  std::string_view rest = std::string_view(*bytes).substr(kAlgorithm.size());
  take(rest, key.id);
  take(rest, key.key);
  return key;
}

std::string write_public_key(const PublicKey& key) {
  std::string bytes(kAlgorithm);
  bytes.append(view(key.id)).append(view(key.key));
  return std::string(kUntrusted) + "minisign public key " + key.id_text() + "\n" + base64(bytes) +
         "\n";
}

Result<Signature> read_signature(std::string_view text) {
  if (text.size() > kFileBytesMax) return bad_signature("the signature's file is too long");
  const std::vector<std::string_view> lines = lines_of(text);
  if (lines.size() != 4 || !lines[0].starts_with(kUntrusted) || !lines[2].starts_with(kTrusted)) {
    return bad_signature(
        "not a signature in the format of minisign: it has four lines, "
        "'untrusted comment: ...', base64, 'trusted comment: ...', base64");
  }
  const std::optional<std::string> first = from_base64(lines[1]);
  const std::optional<std::string> second = from_base64(lines[3]);
  constexpr std::size_t kFirstBytes = 2 + 8 + 64;
  if (!first || first->size() != kFirstBytes || !second || second->size() != 64) {
    return bad_signature("not a signature in the format of minisign: its base64 is not one");
  }
  Signature signature;
  std::string_view rest = *first;
  if (rest.starts_with(kPrehashed)) {
    signature.prehashed = true;
  } else if (rest.starts_with(kAlgorithm)) {
    signature.prehashed = false;
  } else {
    return bad_signature("the signature is of an unknown algorithm");
  }
  rest.remove_prefix(2);
  take(rest, signature.key_id);
  take(rest, signature.bytes);
  rest = *second;
  take(rest, signature.global);
  signature.trusted_comment = lines[2].substr(kTrusted.size());
  return signature;
}

std::string write_signature(const Signature& signature, std::string_view untrusted_comment) {
  std::string bytes(signature.prehashed ? kPrehashed : kAlgorithm);
  bytes.append(view(signature.key_id)).append(view(signature.bytes));
  std::string text(kUntrusted);
  text.append(untrusted_comment).append("\n").append(base64(bytes)).append("\n");
  text.append(kTrusted).append(signature.trusted_comment).append("\n");
  return text.append(base64(view(signature.global))).append("\n");
}

Result<void> verify(const PublicKey& key, const Signature& signature, std::string_view bytes) {
  bool good = false;
  if (signature.prehashed) {
    const Blake2b512 digest = blake2b512(bytes);
    good = is_signed(key, signature.bytes, view(digest));
  } else {
    good = is_signed(key, signature.bytes, bytes);
  }
  if (!good) return bad_signature("the signature is not of these bytes");
  if (!is_signed(key, signature.global, with_comment(signature))) {
    return bad_signature("the signature's trusted comment was changed");
  }
  return {};
}

Result<void> verify(std::span<const PublicKey> keys, const Signature& signature,
                    std::string_view bytes) {
  // Two keys may have the same id, by chance or on purpose.
  Result<void> result = gateway_error(
      "bundle_signer", "signed by the key " + signature.id_text() + ", which is not trusted");
  for (const PublicKey& key : keys) {
    if (key.id != signature.key_id) continue;
    result = verify(key, signature, bytes);
    if (result) return result;
  }
  return result;
}

Result<KeyPair> generate_key() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free);
  const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
  KeyPair pair;
  if (!key || !bio || !public_part(key.get(), pair.public_key) ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    return bad_key("no key could be made");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  pair.secret_pem.assign(text, static_cast<std::size_t>(size));
  return pair;
}

Result<Signature> sign(std::string_view secret_pem, std::string_view bytes,
                       std::string trusted_comment) {
  if (trusted_comment.find_first_of("\r\n") != std::string::npos) {
    return bad_signature("a trusted comment is one line");
  }
  const Key key = read_secret(secret_pem);
  PublicKey public_key;
  if (!key || !public_part(key.get(), public_key)) {
    return bad_key(
        "not an Ed25519 private key in PEM without a password, as 'headgate bundle "
        "keygen' writes it; with a key of the minisign tool, sign with that tool");
  }
  Signature signature;
  signature.key_id = public_key.id;
  signature.trusted_comment = std::move(trusted_comment);
  const Blake2b512 digest = blake2b512(bytes);
  if (!make_signature(key.get(), view(digest), signature.bytes) ||
      !make_signature(key.get(), with_comment(signature), signature.global)) {
    return bad_signature("the bytes could not be signed");
  }
  return signature;
}

}  // namespace headgate::bundle
