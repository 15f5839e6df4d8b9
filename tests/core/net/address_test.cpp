#include "core/net/address.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace headgate::net {
namespace {

TEST(Address, ReadsAndWritesBothFamilies) {
  EXPECT_EQ(Address::from_ip("192.0.2.1", 80)->text(), "192.0.2.1:80");
  EXPECT_EQ(Address::from_ip("2001:DB8::1", 80)->text(), "[2001:db8::1]:80");
  EXPECT_EQ(Address::from_ip("[::1]", 65535)->text(), "[::1]:65535");
}

TEST(Address, WritesAMappedAddressAsIpv4) {
  const Address mapped = *Address::from_ip("::ffff:192.0.2.1", 80);
  EXPECT_EQ(mapped.ip(), "192.0.2.1");
  EXPECT_EQ(mapped.family(), AF_INET6);
}

TEST(Address, RefusesNamesAndRubbish) {
  for (const char* text : {"", "localhost", "192.0.2", "192.0.2.1:80", "::g", "[]", "[::1"}) {
    EXPECT_FALSE(Address::from_ip(text, 80)) << text;
  }
}

TEST(Address, ChangesItsPort) {
  Address address = *Address::from_ip("::1", 1);
  address.set_port(8080);
  EXPECT_EQ(address.port(), 8080);
  EXPECT_EQ(address, *Address::from_ip("::1", 8080));
  EXPECT_FALSE(address == *Address::from_ip("::1", 8081));
}

TEST(Address, HoldsAUnixPathThatFits) {
  EXPECT_EQ(Address::from_unix_path("/run/a.sock")->text(), "unix");
  EXPECT_TRUE(Address::from_unix_path(std::string(107, 'x')));
  EXPECT_FALSE(Address::from_unix_path(std::string(108, 'x')));
  EXPECT_FALSE(Address::from_unix_path(""));
}

TEST(HostPort, BracketsOnlyWhatNeedsIt) {
  EXPECT_EQ(host_port("a.example", 1), "a.example:1");
  EXPECT_EQ(host_port("::1", 1), "[::1]:1");
  EXPECT_EQ(host_port("[::1]", 1), "[::1]:1");
}

}  // namespace
}  // namespace headgate::net
