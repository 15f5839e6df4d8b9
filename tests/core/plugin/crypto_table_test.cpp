// Vectors of FIPS 180-4 (SHA-256) and RFC 4231 (HMAC).

#include <gtest/gtest.h>
#include <headgate/crypto.h>

#include <array>
#include <set>
#include <string>

#include "core/plugin/host.hpp"
#include "tests/core/plugin/fake_call.hpp"

namespace headgate::plugin {
namespace {

class CryptoTable : public ::testing::Test {
 protected:
  using Digest = std::array<std::uint8_t, 32>;

  static std::string hex(const Digest& digest) {
    std::string text;
    for (const std::uint8_t byte : digest) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }
  std::string sha256(std::string_view bytes) const {
    Digest out{};
    crypto.sha256(str(bytes), out.data());
    return hex(out);
  }
  std::string hmac(std::string_view key, std::string_view bytes) const {
    Digest out{};
    crypto.hmac_sha256(str(key), str(bytes), out.data());
    return hex(out);
  }

  FakeServices services;
  Host host_object{services, "1"};
  const hg_host* host = host_object.make("test");
  const hg_crypto_ext& crypto = table_of<hg_crypto_ext>(host, HG_EXT_CRYPTO);
};

TEST_F(CryptoTable, Sha256IsSha256) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_F(CryptoTable, HmacIsHmac) {
  EXPECT_EQ(hmac("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  // A key that is longer than a block.
  EXPECT_EQ(
      hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hmac("", ""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_F(CryptoTable, EqualComparesAllBytes) {
  EXPECT_EQ(crypto.equal(str("secret"), str("secret")), 1);
  EXPECT_EQ(crypto.equal(str("secret"), str("secreT")), 0);
  EXPECT_EQ(crypto.equal(str("secret"), str("Secret")), 0);
  EXPECT_EQ(crypto.equal(str("secret"), str("secret2")), 0);
  EXPECT_EQ(crypto.equal(str("secret"), str("")), 0);
  EXPECT_EQ(crypto.equal(str(""), hg_str{nullptr, 0}), 1);
}

TEST_F(CryptoTable, RandomFillsAllBytesAndDoesNotRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 8; ++i) {
    std::array<std::uint8_t, 64> out{};
    ASSERT_EQ(crypto.random(out.data(), out.size()), HG_OK);
    seen.insert(std::string(out.begin(), out.begin() + 32));
    seen.insert(std::string(out.begin() + 32, out.end()));
  }
  EXPECT_EQ(seen.size(), 16u);
  EXPECT_EQ(crypto.random(nullptr, 0), HG_OK);
  EXPECT_EQ(crypto.random(nullptr, 1), HG_INVALID);
}

}  // namespace
}  // namespace headgate::plugin
