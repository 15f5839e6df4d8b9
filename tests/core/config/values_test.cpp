#include "core/config/values.hpp"

#include <gtest/gtest.h>

#include <type_traits>

#include "core/config/fault.hpp"
#include "core/config/node.hpp"

namespace headgate::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Duration, IsANumberWithAUnitOrSeveralInFallingOrder) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("10s"), seconds(10));
  EXPECT_EQ(parse_duration("1m30s"), seconds(90));
  EXPECT_EQ(parse_duration("2h3m4s5ms"), hours(2) + minutes(3) + seconds(4) + milliseconds(5));
  EXPECT_EQ(parse_duration("0s"), seconds(0));
}

TEST(Duration, RefusesWhatIsNotOne) {
  for (const char* text : {"", "10", "s", "10 s", "1s1m", "1s1s", "-1s", "1.5s", "10sec",
                           "9000000h", "99999999999999999999s", "10S"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, IsWrittenAsItIsRead) {
  for (const char* text : {"500ms", "10s", "1m30s", "2h3m4s5ms", "0s"}) {
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
  }
}

TEST(Size, IsBytesOrHasAUnit) {
  EXPECT_EQ(parse_size("65536"), 65536u);
  EXPECT_EQ(parse_size("64KiB"), 65536u);
  EXPECT_EQ(parse_size("20MiB"), 20u << 20);
  EXPECT_EQ(parse_size("2GB"), 2'000'000'000u);
}

TEST(Size, RefusesWhatIsNotOne) {
  for (const char* text : {"", "KiB", "64K", "64 KiB", "-1", "1.5MiB", "18446744073709551615KiB"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(Size, IsWrittenWithTheLargestUnitThatIsEven) {
  EXPECT_EQ(format_size(64u << 10), "64KiB");
  EXPECT_EQ(format_size(1u << 30), "1GiB");
  EXPECT_EQ(format_size(1000), "1000");
  EXPECT_EQ(format_size(0), "0");
}

TEST(Address, HasAHostAndAPort) {
  EXPECT_EQ(parse_address("127.0.0.1:15000"), Address::tcp("127.0.0.1", 15000));
  EXPECT_EQ(parse_address("localhost:80"), Address::tcp("localhost", 80));
  EXPECT_EQ(parse_address("[::1]:443"), Address::tcp("::1", 443));
}

TEST(Address, MayBeASocketFileOrOff) {
  EXPECT_EQ(parse_address("unix:/run/x.sock")->kind, Address::Kind::unix_socket);
  EXPECT_EQ(parse_address("unix:/run/x.sock")->path, "/run/x.sock");
  EXPECT_EQ(parse_address("off")->kind, Address::Kind::off);
}

TEST(Address, RefusesWhatIsNotOne) {
  for (const char* text : {"", "localhost", ":80", "a:b", "a:70000", "a:-1", "::1:443", "[::1]",
                           "[a]:1", "unix:x", "http://a:1", "a b:1", "a:1/x"}) {
    EXPECT_EQ(parse_address(text), std::nullopt) << text;
  }
}

TEST(Address, IsWrittenAsItIsRead) {
  for (const char* text : {"127.0.0.1:15000", "[::1]:443", "unix:/run/x.sock", "off"}) {
    EXPECT_EQ(parse_address(text)->to_string(), text);
  }
}

TEST(Hostname, MayBeginWithAWildcardWhereThatIsAllowed) {
  EXPECT_TRUE(is_hostname("api.example.com", false));
  EXPECT_TRUE(is_hostname("*.example.com", true));
  EXPECT_FALSE(is_hostname("*.example.com", false));
  for (const char* text : {"", "*", "*.", "a..b", "-a", "a-", "a.*.b", "a/b", "a:1", ".a", "a."}) {
    EXPECT_FALSE(is_hostname(text, true)) << text;
  }
}

template <class Stream, class T>
concept Printable = requires(Stream stream, const T& value) { stream << value; };

TEST(Secret, CannotBePrinted) {
  static_assert(Printable<std::ostream&, std::string>);
  static_assert(!Printable<std::ostream&, Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
  EXPECT_EQ(Secret("abc").reveal(), "abc");
}

TEST(Secret, IsToldApartByItsFingerprint) {
  // The beginning of the SHA-256 of "abc", from FIPS 180-2.
  EXPECT_EQ(Secret("abc").fingerprint(), "ba7816bf8f01");
  EXPECT_NE(Secret("abd").fingerprint(), Secret("abc").fingerprint());
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(PlainScalar, HasTheTypeOfYamlsCoreSchema) {
  for (const char* text : {"", "~", "null", "NULL"}) {
    EXPECT_EQ(plain_type(text), ScalarType::null) << text;
  }
  for (const char* text : {"true", "False"}) EXPECT_EQ(plain_type(text), ScalarType::boolean);
  for (const char* text : {"0", "-12", "+5", "0x1F", "0o17", "007"}) {
    EXPECT_EQ(plain_type(text), ScalarType::integer) << text;
  }
  for (const char* text : {"1.5", ".5", "1.", "1e3", "-1.5E-3"}) {
    EXPECT_EQ(plain_type(text), ScalarType::number) << text;
  }
  for (const char* text : {"yes", "on", "1.2.3", "0x", "0xg", "1e", ".", "-", "1_000", ".inf", "a",
                           "0x12345678901234567"}) {
    EXPECT_EQ(plain_type(text), ScalarType::text) << text;
  }
}

TEST(Suggestion, IsTheNearestWord) {
  const std::vector<std::string> words{"backendAuth", "backendTLS", "name"};
  EXPECT_EQ(closest("bakendAuth", words), "backendAuth");
  EXPECT_EQ(closest("backendtls", words), "backendTLS");
  EXPECT_EQ(closest("anme", words), "name");
  EXPECT_EQ(closest("policies", words), "");
  EXPECT_EQ(closest("", words), "");
}

TEST(Fault, IsShownWithItsPlace) {
  EXPECT_EQ((ConfigFault{"config.yaml", {14, 17}, "", "wrong"}.to_string()),
            "config.yaml:14:17: wrong");
  EXPECT_EQ((ConfigFault{"config.yaml", {}, "", "wrong"}.to_string()), "config.yaml: wrong");
}

TEST(Faults, AreSortedByLineAndColumn) {
  Faults faults{{"f", {2, 1}, "", "c"},
                {"f", {1, 9}, "", "b"},
                {"f", {2, 1}, "", "d"},
                {"f", {1, 2}, "", "a"}};
  sort_by_place(faults);
  EXPECT_EQ(to_string(faults), "f:1:2: a\nf:1:9: b\nf:2:1: c\nf:2:1: d");
}

}  // namespace
}  // namespace headgate::config
