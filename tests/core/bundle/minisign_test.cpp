#include "core/bundle/minisign.hpp"

#include <gmock/gmock.h>

#include "core/base/hex.hpp"
#include "core/bundle/digest.hpp"
#include "tests/core/bundle/bundle_samples.hpp"

namespace headgate::bundle {
namespace {

// Made by minisign 0.11: `minisign -G -W`, then `-S` over the eight bytes "a bundle".
constexpr std::string_view kToolKey =
    "untrusted comment: minisign public key D25AB630806CF80F\n"
    "RWQP+GyAMLZa0oNoSUsM4U5OWb30qnnxSZ+Fl5ZAyYS6gHWLdP4wqWOj\n";
constexpr std::string_view kToolSignature =
    "untrusted comment: signature from minisign secret key\n"
    "RUQP+GyAMLZa0lk+lplM2ElgAnUkF/uqUezYarm45yRhg5wUMZDRfdGCAuR/"
    "KSOJWH0ofqUHOj3cbi7UFLk2M2YEfsETHngFuwI=\n"
    "trusted comment: made by the tool\n"
    "sc5pGHtfjipshY8FeEbLo5SY56rpIEVI9mWlxC9Kr6oaXApvRWOKvmAWDgK2O9mx570G+Dd9fQIv0+OB7K0MDg==\n";
constexpr std::string_view kToolBytes = "a bundle";

// A published example of the older form, over "test".
constexpr std::string_view kOldKey = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
constexpr std::string_view kOldSignature =
    "untrusted comment: signature from minisign secret key\n"
    "RWQf6LRCGA9i59SLOFxz6NxvASXDJeRtuZykwQepbDEGt87ig1BNpWaVWuNrm73YiIiJbq71Wi+"
    "dP9eKL8OC351vwIasSSbXxwA=\n"
    "trusted comment: timestamp:1555779966\tfile:test\n"
    "QtKMXWyYcwdpZAlPF7tE2ENJkRd1ujvKjlj1m9RtHTBnZPa5WKU5uWRs5GoP5M/VqE81QFuMKI5k/SfNQUaOAA==\n";

TEST(Minisign, VerifiesWhatTheToolSigned) {
  const auto key = read_public_key(kToolKey);
  const auto signature = read_signature(kToolSignature);
  ASSERT_TRUE(key.ok() && signature.ok());
  EXPECT_TRUE(signature->prehashed);
  EXPECT_EQ(signature->trusted_comment, "made by the tool");
  EXPECT_EQ(key->id_text(), "D25AB630806CF80F");
  EXPECT_EQ(signature->id_text(), "D25AB630806CF80F");
  EXPECT_EQ(code_of(verify(*key, *signature, kToolBytes)), "ok");
  EXPECT_EQ(code_of(verify(*key, *signature, "a bundlf")), "bundle_signature");
}

TEST(Minisign, VerifiesTheOlderFormThatIsNotHashedFirst) {
  const auto key = read_public_key(kOldKey);
  const auto signature = read_signature(kOldSignature);
  ASSERT_TRUE(key.ok() && signature.ok());
  EXPECT_FALSE(signature->prehashed);
  EXPECT_EQ(code_of(verify(*key, *signature, "test")), "ok");
  EXPECT_EQ(code_of(verify(*key, *signature, "tesT")), "bundle_signature");
  // One form must not pass for the other.
  Signature other = *signature;
  other.prehashed = true;
  EXPECT_EQ(code_of(verify(*key, other, "test")), "bundle_signature");
}

TEST(Minisign, WritesWhatItReads) {
  EXPECT_EQ(write_public_key(*read_public_key(kToolKey)), kToolKey);
  for (const std::string_view text : {kToolSignature, kOldSignature}) {
    EXPECT_EQ(write_signature(*read_signature(text), "signature from minisign secret key"), text);
  }
}

TEST(Minisign, AChangedCommentIsNoticed) {
  const auto key = read_public_key(kToolKey);
  Signature signature = *read_signature(kToolSignature);
  signature.trusted_comment += "!";
  EXPECT_EQ(code_of(verify(*key, signature, kToolBytes)), "bundle_signature");
}

TEST(Minisign, SignsWithAKeyOfItsOwn) {
  const auto pair = generate_key();
  ASSERT_TRUE(pair.ok());
  const auto signature = sign(pair->secret_pem, "bytes", "file:x");
  ASSERT_TRUE(signature.ok()) << signature.error().message;
  EXPECT_TRUE(signature->prehashed);
  EXPECT_EQ(signature->key_id, pair->public_key.id);
  const auto read = read_signature(write_signature(*signature, "anything"));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, *signature);
  EXPECT_EQ(code_of(verify(pair->public_key, *read, "bytes")), "ok");
  EXPECT_EQ(code_of(verify(pair->public_key, *read, "bytez")), "bundle_signature");
  const auto key = read_public_key(write_public_key(pair->public_key));
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(*key, pair->public_key);
  EXPECT_NE(generate_key()->public_key, pair->public_key);
  EXPECT_EQ(code_of(sign("not a key", "bytes", "")), "bundle_key");
  EXPECT_EQ(code_of(sign(pair->secret_pem, "bytes", "two\nlines")), "bundle_signature");
}

TEST(Minisign, TrustsTheKeysThatItWasGivenAndNoOthers) {
  const auto tool = *read_public_key(kToolKey);
  const auto old = *read_public_key(kOldKey);
  const auto signature = *read_signature(kToolSignature);
  const std::vector<PublicKey> both{old, tool};
  EXPECT_EQ(code_of(verify(both, signature, kToolBytes)), "ok");
  EXPECT_EQ(code_of(verify(std::vector{old}, signature, kToolBytes)), "bundle_signer");
  EXPECT_EQ(code_of(verify(std::vector<PublicKey>{}, signature, kToolBytes)), "bundle_signer");
  // Another key under the same id does not stand in its way, and does not replace it.
  PublicKey impostor = old;
  impostor.id = tool.id;
  EXPECT_EQ(code_of(verify(std::vector{impostor}, signature, kToolBytes)), "bundle_signature");
  EXPECT_EQ(code_of(verify(std::vector{impostor, tool}, signature, kToolBytes)), "ok");
}

TEST(Minisign, RefusesTextsThatAreNoKeysOrSignatures) {
  for (const std::string_view bad :
       {"", "\n", "RWQ", "untrusted comment: x\n", "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0",
        "RUQP+GyAMLZa0oNoSUsM4U5OWb30qnnxSZ+Fl5ZAyYS6gHWLdP4wqWOj"}) {
    EXPECT_EQ(code_of(read_public_key(bad)), "bundle_key") << bad;
  }
  const std::string good(kToolSignature);
  EXPECT_EQ(code_of(read_signature(good + "one more\n")), "bundle_signature");
  EXPECT_EQ(code_of(read_signature(good.substr(0, good.size() - 90))), "bundle_signature");
  EXPECT_EQ(code_of(read_signature("x" + good)), "bundle_signature");
  std::string other = good;
  other.replace(other.find("RUQ"), 3, "RVQ");  // neither Ed nor ED
  EXPECT_EQ(code_of(read_signature(other)), "bundle_signature");
  other = good;
  other.replace(other.find("\ntrusted"), 8, "\nTrusted");
  EXPECT_EQ(code_of(read_signature(other)), "bundle_signature");
  EXPECT_EQ(code_of(read_signature(std::string(20'000, 'a'))), "bundle_signature");
}

TEST(Base64, IsReadStrictly) {
  EXPECT_EQ(from_base64("YQ=="), "a");
  EXPECT_EQ(from_base64("YWI="), "ab");
  EXPECT_EQ(from_base64("YWJj"), "abc");
  for (const std::string_view bad :
       {"", "YQ", "YQ=", "YR==", " YQ==", "YQ==\n", "Y===", "====", "YQ==YQ==", "Y!=="}) {
    EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
  }
}

TEST(Digests, AreThePublishedOnes) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_THAT(hexadecimal(blake2b512("abc")), ::testing::StartsWith("ba80a53f981c4d0d6a2797b6"));
}

}  // namespace
}  // namespace headgate::bundle
