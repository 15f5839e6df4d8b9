#include "core/net/tls_context.hpp"

#include <gtest/gtest.h>

#include "tests/core/net/certificates.hpp"

namespace headgate::net {
namespace {

class TlsContext : public ::testing::Test {
 protected:
  std::string fault(const TlsServerOptions& options) {
    const auto made = make_tls_server_context(options);
    return made ? "" : std::string(made.error().code) + " " + made.error().message;
  }
  TestAuthority authority;
  TestAuthority::Files files = authority.issue("a.example", "DNS:a.example");
};

TEST_F(TlsContext, LoadsACertificateWithItsKey) {
  TlsServerOptions options;
  options.certificate_file = files.certificate;
  options.key_file = files.key;
  options.root_file = authority.root_file();
  EXPECT_EQ(fault(options), "");
}

TEST_F(TlsContext, NamesTheFileThatIsMissing) {
  TlsServerOptions options;
  options.certificate_file = "/nowhere/a.pem";
  options.key_file = files.key;
  EXPECT_EQ(fault(options),
            "tls_config certificate file /nowhere/a.pem: No such file or directory");
  options.certificate_file = files.certificate;
  options.key_file = "/nowhere/a.key";
  EXPECT_EQ(fault(options), "tls_config key file /nowhere/a.key: No such file or directory");
  options.key_file = files.key;
  options.root_file = "/nowhere/root.pem";
  EXPECT_EQ(fault(options), "tls_config root file /nowhere/root.pem: No such file or directory");
}

TEST_F(TlsContext, NamesTheFileThatIsNoCertificate) {
  TlsServerOptions options;
  options.certificate_file = authority.write("bad.pem", "not a certificate");
  options.key_file = files.key;
  EXPECT_NE(fault(options).find(options.certificate_file), std::string::npos);
}

TEST_F(TlsContext, RefusesAKeyOfAnotherCertificate) {
  TlsServerOptions options;
  options.certificate_file = files.certificate;
  options.key_file = authority.issue("b.example", "").key;
  EXPECT_NE(fault(options), "");
  EXPECT_NE(fault(options).find(options.key_file), std::string::npos);
}

TEST_F(TlsContext, WantsBothHalvesOfAClientCertificate) {
  TlsClientOptions options;
  options.certificate_file = files.certificate;
  EXPECT_FALSE(make_tls_client_context(options).ok());
  options.key_file = files.key;
  EXPECT_TRUE(make_tls_client_context(options).ok());
}

TEST_F(TlsContext, RefusesAnEmptyProtocolName) {
  TlsClientOptions options;
  options.alpn = {"http/1.1", ""};
  EXPECT_FALSE(make_tls_client_context(options).ok());
}

TEST_F(TlsContext, FingerprintTellsSettingsAndFileContentsApart) {
  const auto fingerprint = [](const TlsClientOptions& options) {
    return std::string((*make_tls_client_context(options))->fingerprint());
  };
  TlsClientOptions plain;
  plain.root_file = authority.root_file();
  const std::string base = fingerprint(plain);
  EXPECT_EQ(base, fingerprint(plain));
  std::vector<TlsClientOptions> others(6, plain);
  others[0].insecure = true;
  others[1].insecure_host = true;
  others[2].subject_alt_names = {"b.example"};
  others[3].alpn = {};
  others[4].version_min = TlsVersion::tls_1_3;
  others[5].certificate_file = files.certificate;
  others[5].key_file = files.key;
  for (const TlsClientOptions& other : others) EXPECT_NE(fingerprint(other), base);
  const TestAuthority second;
  TlsClientOptions rooted;
  rooted.root_file = second.root_file();
  EXPECT_NE(fingerprint(rooted), base);
}

class FakeContext final : public TlsServerContext {};

class ServerTable : public ::testing::Test {
 protected:
  const TlsServerContext* add(std::string_view pattern) {
    auto context = std::make_shared<FakeContext>();
    table.add(pattern, context);
    return context.get();
  }
  TlsServerTable table;
};

TEST_F(ServerTable, PrefersTheExactNameThenTheLongestWildcardThenTheDefault) {
  const auto* fallback = add("");
  const auto* wide = add("*.example.org");
  const auto* narrow = add("*.eu.example.org");
  const auto* exact = add("api.eu.example.org");
  EXPECT_EQ(table.find("api.eu.example.org"), exact);
  EXPECT_EQ(table.find("b.eu.example.org"), narrow);
  EXPECT_EQ(table.find("a.b.example.org"), wide);
  EXPECT_EQ(table.find("example.org"), fallback);  // a wildcard needs a label
  EXPECT_EQ(table.find("badexample.org"), fallback);
  EXPECT_EQ(table.find(""), fallback);
}

TEST_F(ServerTable, IgnoresCaseAndTheDotAtTheEnd) {
  const auto* exact = add("API.Example.org");
  EXPECT_EQ(table.find("api.example.ORG."), exact);
}

TEST_F(ServerTable, FindsNothingWithoutADefault) {
  add("a.example");
  EXPECT_EQ(table.find("b.example"), nullptr);
  EXPECT_EQ(table.find(""), nullptr);
}

TEST_F(ServerTable, KeepsTheFirstOfEqualPatterns) {
  const auto* first = add("a.example");
  add("a.example");
  const auto* default_first = add("*");
  add("");
  EXPECT_EQ(table.find("a.example"), first);
  EXPECT_EQ(table.find("b.example"), default_first);
}

}  // namespace
}  // namespace headgate::net
