#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/admin/server.hpp"

namespace headgate::admin {
namespace {

using config::Address;

std::vector<std::string> texts(const config::StaticConfig& config) {
  std::vector<std::string> out;
  for (const AdminListen& listen : admin_listens(config)) {
    std::string text = listen.address.host + listen.address.path + " ";
    if (serves(listen.scope, AdminScope::admin)) text += 'a';
    if (serves(listen.scope, AdminScope::stats)) text += 's';
    if (serves(listen.scope, AdminScope::readiness)) text += 'r';
    out.push_back(text);
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(AdminListens, AreOneListenerForEverythingByDefault) {
  EXPECT_EQ(texts(config::StaticConfig()), (Texts{"127.0.0.1 asr"}));
}

TEST(AdminListens, HaveTheirOwnAddressesWhereTheConfigurationSaysSo) {
  config::StaticConfig config;
  config.stats_addr = Address::tcp("10.0.0.1", 1);
  config.readiness_addr = Address::tcp("10.0.0.2", 2);
  EXPECT_EQ(texts(config), (Texts{"127.0.0.1 asr", "10.0.0.1 s", "10.0.0.2 r"}));
}

TEST(AdminListens, AreNotOpenedTwiceOnOneAddress) {
  config::StaticConfig config;
  config.stats_addr = Address::tcp("10.0.0.1", 1);
  config.readiness_addr = Address::tcp("10.0.0.1", 1);
  EXPECT_EQ(texts(config), (Texts{"127.0.0.1 asr", "10.0.0.1 sr"}));
  config.stats_addr = config.admin_addr;
  EXPECT_EQ(texts(config), (Texts{"127.0.0.1 asr", "10.0.0.1 r"}));
}

TEST(AdminListens, MayBeOffOrOnAUnixSocket) {
  config::StaticConfig config;
  config.admin_addr = Address();
  EXPECT_EQ(texts(config), Texts{});
  Address path;
  path.kind = Address::Kind::unix_socket;
  path.path = "/run/stats";
  config.stats_addr = path;
  EXPECT_EQ(texts(config), (Texts{"/run/stats s"}));
}

}  // namespace
}  // namespace headgate::admin
