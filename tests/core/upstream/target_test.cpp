#include "core/upstream/target.hpp"

#include <gtest/gtest.h>

namespace headgate::upstream {
namespace {

TargetOptions place(std::string host, std::uint16_t port) {
  TargetOptions options;
  options.host = std::move(host);
  options.port = port;
  return options;
}

std::shared_ptr<const net::TlsClientContext> tls(bool insecure) {
  net::TlsClientOptions options;
  options.insecure = insecure;
  options.insecure_host = true;
  return *net::make_tls_client_context(options);
}

TEST(TargetTable, GivesEqualPlacesOneTarget) {
  TargetTable table;
  const auto a = table.intern(place("one.example", 80));
  EXPECT_EQ(table.intern(place("one.example", 80)), a);
  EXPECT_NE(table.intern(place("one.example", 81)), a);
  EXPECT_NE(table.intern(place("two.example", 80)), a);
}

TEST(TargetTable, NumbersTargetsFromZeroWithoutGaps) {
  TargetTable table;
  EXPECT_EQ(table.intern(place("a", 1))->index(), 0u);
  EXPECT_EQ(table.intern(place("b", 1))->index(), 1u);
  EXPECT_EQ(table.intern(place("a", 1))->index(), 0u);
  EXPECT_EQ(table.intern(place("c", 1))->index(), 2u);
}

TEST(TargetTable, ReturnsAnOldNumberAfterTheTargetWasGone) {
  TargetTable table;
  auto a = table.intern(place("a", 1));
  const auto b = table.intern(place("b", 1));
  a.reset();
  EXPECT_EQ(table.intern(place("a", 1))->index(), 0u);
}

TEST(TargetTable, KeepsApartWhatIsReachedUnderOtherRules) {
  TargetTable table;
  TargetOptions secured = place("a", 443);
  secured.tls = tls(false);
  TargetOptions unchecked = secured;
  unchecked.tls = tls(true);
  TargetOptions renamed = secured;
  renamed.tls_name = "b";
  TargetOptions local = place("a", 443);
  local.unix_path = "/run/a.sock";
  const auto clear = table.intern(place("a", 443));
  const auto first = table.intern(secured);
  EXPECT_NE(clear->index(), first->index());
  EXPECT_NE(first->index(), table.intern(unchecked)->index());
  EXPECT_NE(first->index(), table.intern(renamed)->index());
  EXPECT_NE(clear->index(), table.intern(local)->index());
}

TEST(TargetTable, TreatsEqualTlsSettingsAsEqualAfterAReload) {
  TargetTable table;
  TargetOptions before = place("a", 443);
  before.tls = tls(true);
  const auto target = table.intern(before);
  TargetOptions after = place("a", 443);
  after.tls = tls(true);  // loaded anew
  EXPECT_EQ(table.intern(after), target);
}

TEST(Target, IsNamedForPeople) {
  TargetTable table;
  EXPECT_EQ(table.intern(place("a.example", 8080))->key(), "http://a.example:8080");
  TargetOptions secured = place("::1", 443);
  secured.tls = tls(true);
  secured.tls_name = "b.example";
  EXPECT_EQ(table.intern(secured)->key(), "https://[::1]:443 as b.example");
  TargetOptions local;
  local.unix_path = "/run/a.sock";
  EXPECT_EQ(table.intern(local)->key(), "http://unix:/run/a.sock");
}

}  // namespace
}  // namespace headgate::upstream
