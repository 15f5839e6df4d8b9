// The fake host is what plugins are judged by, so it is held against known results itself.

#include <gtest/gtest.h>
#include <headgate/abi.h>

#include "testing/fake_json.hpp"
#include "testing/sha256.hpp"

namespace {

std::string hex(const std::array<std::uint8_t, 32>& bytes) {
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

TEST(FakeHost, HashesAsFips180Says) {
  EXPECT_EQ(hex(hg::testing::sha256("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(hg::testing::sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(hg::testing::sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(FakeHost, SignsAsRfc4231Says) {
  EXPECT_EQ(hex(hg::testing::hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(FakeHost, EditsJsonAsTheExtensionSays) {
  const auto set = [](std::string body, std::string_view pointer, std::string_view json) {
    const std::int32_t code = hg::testing::json_set(body, pointer, json);
    return code == HG_OK ? body : std::to_string(code);
  };
  EXPECT_EQ(set(R"({"a":1,"b":2})", "/a", "[]"), R"({"a":[],"b":2})");
  EXPECT_EQ(set("{}", "/a/b/c", "1"), R"({"a":{"b":{"c":1}}})");
  EXPECT_EQ(set(R"({"a":[1,2]})", "/a/1", "3"), R"({"a":[1,3]})");
  EXPECT_EQ(set(R"({"a":[1]})", "/a/-", "2"), R"({"a":[1,2]})");
  EXPECT_EQ(set("{}", "", "[7]"), "[7]");
  EXPECT_EQ(set(R"({"a":[1]})", "/a/5", "2"), std::to_string(HG_INVALID));
  EXPECT_EQ(set(R"({"a":1})", "/a/b", "2"), std::to_string(HG_INVALID));
  EXPECT_EQ(set("{}", "/a", "nonsense"), std::to_string(HG_INVALID));
  EXPECT_EQ(set("nonsense", "/a", "1"), std::to_string(HG_INVALID));
}

TEST(FakeHost, RemovesJsonAsTheExtensionSays) {
  std::string body = R"({"a":1,"b":[1,2],"c":{}})";
  EXPECT_EQ(hg::testing::json_remove(body, "/a"), HG_OK);
  EXPECT_EQ(hg::testing::json_remove(body, "/b/0"), HG_OK);
  EXPECT_EQ(hg::testing::json_remove(body, "/x"), HG_NOT_FOUND);
  EXPECT_EQ(hg::testing::json_remove(body, "/c/x"), HG_NOT_FOUND);
  EXPECT_EQ(body, R"({"b":[2],"c":{}})");
}

}  // namespace
