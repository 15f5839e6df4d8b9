#include "core/net/tls_stream.hpp"

#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <vector>

#include "core/net/tls_internal.hpp"
#include "tests/core/net/certificates.hpp"
#include "tests/core/net/net_test.hpp"

namespace headgate::net {
namespace {

class TlsStreamTest : public NetTest {
 protected:
  TlsStreamTest() { client_options.root_file = authority.root_file(); }
  ~TlsStreamTest() override { loop.destroy_tasks(); }

  void serve(std::string_view pattern, const std::string& names, const std::string& root = "",
             TlsVersion version_min = TlsVersion::tls_1_2) {
    const auto files = authority.issue("server of " + names, names);
    TlsServerOptions options;
    options.certificate_file = files.certificate;
    options.key_file = files.key;
    options.root_file = root;
    options.version_min = version_min;
    table->add(pattern, *make_tls_server_context(options));
  }

  // Makes a connection and shakes hands; "" or what the client says went wrong.
  std::string connect(const std::string& name) {
    if (!context) context = *make_tls_client_context(client_options);
    auto [left, right] = stream_pair();
    client = make_tls_client_stream(std::move(left), context, name, "place:443");
    server = make_tls_server_stream(std::move(right), table);
    std::optional<Result<void>> client_done;
    std::optional<Result<void>> server_done;
    spawn(loop, store(client->handshake(), client_done));
    spawn(loop, store(server->handshake(), server_done));
    run_until([&] {
      // As who holds a stream does: it closes when the handshake has failed.
      if (client_done && !client_done->ok()) client->close();
      if (server_done && !server_done->ok()) server->close();
      return client_done && server_done;
    });
    server_fault = server_done->ok() ? "" : server_done->error().message;
    return client_done->ok() ? "" : client_done->error().message;
  }

  // A client of TLS 1.2 that OpenSSL alone makes; returns what the server says went wrong.
  std::string connect_old(const std::string& name, SSL_SESSION* session) {
    std::array<int, 2> ends{};
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data());
    server = make_tls_server_stream(
        make_plain_stream(loop, FileDescriptor(ends[1]), *Address::from_unix_path("pair")), table);
    const SslContextPtr settings(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_max_proto_version(settings.get(), TLS1_2_VERSION);
    old_client.reset(SSL_new(settings.get()));
    SSL_set_bio(old_client.get(), BIO_new_socket(ends[0], BIO_CLOSE), nullptr);
    SSL_set0_wbio(old_client.get(), BIO_new_socket(ends[0], BIO_NOCLOSE));
    SSL_set_tlsext_host_name(old_client.get(), name.c_str());
    if (session != nullptr) SSL_set_session(old_client.get(), session);
    SSL_set_connect_state(old_client.get());
    std::optional<Result<void>> done;
    spawn(loop, store(server->handshake(), done));
    run_until([&] {
      SSL_do_handshake(old_client.get());
      return done.has_value();
    });
    SSL_do_handshake(old_client.get());
    // Or its session would be unfit for another connection.
    SSL_set_shutdown(old_client.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    return done->ok() ? "" : done->error().message;
  }

  TestAuthority authority;
  SslPtr old_client;
  TlsClientOptions client_options;
  std::shared_ptr<const TlsClientContext> context;
  std::shared_ptr<TlsServerTable> table = std::make_shared<TlsServerTable>();
  std::unique_ptr<TlsStream> client;
  std::unique_ptr<TlsStream> server;
  std::string server_fault;
};

TEST_F(TlsStreamTest, GoesOnAfterAReadWasCancelled) {
  serve("", "DNS:a.example");
  ASSERT_EQ(connect("a.example"), "");
  std::array<char, 16> buffer;
  std::optional<ReadResult> result;
  spawn(loop, store(server->read_some(std::span<char>(buffer)), result));
  settle();
  EXPECT_FALSE(result);
  server->cancel_read();
  run_until([&result] { return result.has_value(); });
  EXPECT_TRUE(is_aborted(result->error));
  EXPECT_FALSE(run(write(*server, "too slow")));
  EXPECT_EQ(read_text(*client), "too slow");
  EXPECT_FALSE(run(write(*client, "later")));
  EXPECT_EQ(read_text(*server), "later");
}

TEST_F(TlsStreamTest, ShakesHandsAndCarriesBytesBothWays) {
  serve("", "DNS:a.example");
  ASSERT_EQ(connect("a.example"), "");
  EXPECT_FALSE(run(write(*client, "question")));
  EXPECT_EQ(read_text(*server), "question");
  EXPECT_FALSE(run(write(*server, "answer")));
  EXPECT_EQ(read_text(*client), "answer");
}

TEST_F(TlsStreamTest, TellsWhatWasAgreedOn) {
  serve("", "DNS:a.example");
  ASSERT_EQ(connect("A.example"), "");
  EXPECT_EQ(client->tls()->version, "TLSv1.3");
  EXPECT_EQ(client->tls()->alpn, "http/1.1");
  EXPECT_EQ(client->tls()->peer_subject, "CN=server of DNS:a.example");
  EXPECT_TRUE(client->tls()->peer_verified);
  EXPECT_EQ(server->tls()->server_name, "a.example");
  EXPECT_EQ(server->tls()->alpn, "http/1.1");
  EXPECT_EQ(server->tls()->peer_subject, "");
  EXPECT_FALSE(server->tls()->peer_verified);
}

TEST_F(TlsStreamTest, PicksTheCertificateByTheNameAskedFor) {
  serve("", "DNS:default.example");
  serve("a.example", "DNS:a.example");
  serve("*.b.example", "DNS:*.b.example");
  EXPECT_EQ(connect("a.example"), "");
  EXPECT_EQ(connect("x.b.example"), "");
  EXPECT_EQ(connect("default.example"), "");
  EXPECT_EQ(connect("other.example"),
            "certificate verify failed: the certificate is not for other.example");
}

TEST_F(TlsStreamTest, RefusesANameThatNoCertificateIsFor) {
  serve("a.example", "DNS:a.example");
  EXPECT_NE(connect("b.example").find("unrecognized name"), std::string::npos);
  EXPECT_NE(server_fault, "");
}

TEST_F(TlsStreamTest, VerifiesAddressesWithoutSendingThemAsNames) {
  serve("", "IP:127.0.0.1,DNS:a.example");
  EXPECT_EQ(connect("127.0.0.1"), "");
  EXPECT_EQ(server->tls()->server_name, "");
  EXPECT_NE(connect("127.0.0.2"), "");
}

TEST_F(TlsStreamTest, RefusesAnAuthorityItDoesNotKnow) {
  const TestAuthority stranger;
  client_options.root_file = stranger.root_file();
  serve("", "DNS:a.example");
  EXPECT_EQ(connect("a.example").find("certificate verify failed"), 0u);
  EXPECT_NE(server_fault, "");  // it is told
}

TEST_F(TlsStreamTest, InsecureAcceptsAnything) {
  const TestAuthority stranger;
  client_options.root_file = stranger.root_file();
  client_options.insecure = true;
  serve("", "DNS:a.example");
  EXPECT_EQ(connect("b.example"), "");
  EXPECT_FALSE(client->tls()->peer_verified);
}

TEST_F(TlsStreamTest, InsecureHostChecksTheAuthorityButNotTheName) {
  client_options.insecure_host = true;
  serve("", "DNS:a.example");
  EXPECT_EQ(connect("b.example"), "");
  const TestAuthority stranger;
  client_options.root_file = stranger.root_file();
  context.reset();
  EXPECT_NE(connect("b.example"), "");
}

TEST_F(TlsStreamTest, AcceptsOneOfTheNamesListedInPlaceOfTheHost) {
  serve("", "DNS:real.example,URI:spiffe://cluster/upstream");
  client_options.subject_alt_names = {"other.example", "real.example"};
  EXPECT_EQ(connect("a.example"), "");
  client_options.subject_alt_names = {"spiffe://cluster/upstream"};
  context.reset();
  EXPECT_EQ(connect("a.example"), "");
  client_options.subject_alt_names = {"spiffe://cluster/other"};
  context.reset();
  EXPECT_NE(connect("real.example"), "");  // not even the host itself
}

TEST_F(TlsStreamTest, ClientCertificateIsRequiredWhereARootIsGiven) {
  const TestAuthority clients("Clients");
  serve("", "DNS:a.example", clients.root_file());
  connect("a.example");
  EXPECT_NE(server_fault, "");  // none was shown

  const auto files = clients.issue("alice", "");
  client_options.certificate_file = files.certificate;
  client_options.key_file = files.key;
  context.reset();
  EXPECT_EQ(connect("a.example"), "");
  EXPECT_EQ(server->tls()->peer_subject, "CN=alice");
  EXPECT_TRUE(server->tls()->peer_verified);

  const auto forged = authority.issue("alice", "");
  client_options.certificate_file = forged.certificate;
  client_options.key_file = forged.key;
  context.reset();
  connect("a.example");
  EXPECT_NE(server_fault, "");
}

TEST_F(TlsStreamTest, ClientCertificateRuleIsThatOfTheNameAskedFor) {
  const TestAuthority clients;
  serve("open.example", "DNS:open.example");
  serve("closed.example", "DNS:closed.example", clients.root_file());
  EXPECT_EQ(connect("open.example"), "");
  EXPECT_EQ(server_fault, "");
  connect("closed.example");
  EXPECT_NE(server_fault, "");
}

TEST_F(TlsStreamTest, KeepsToTheLowestVersionOfTheNameAskedFor) {
  serve("a.example", "DNS:a.example");
  serve("new.example", "DNS:new.example", "", TlsVersion::tls_1_3);
  EXPECT_EQ(connect_old("a.example", nullptr), "");
  EXPECT_EQ(server->tls()->version, "TLSv1.2");
  EXPECT_NE(connect_old("new.example", nullptr), "");
}

// A ticket is proof of an earlier handshake, not of a certificate that was never shown.
TEST_F(TlsStreamTest, TicketOfAnOpenNameDoesNotOpenOneThatWantsACertificate) {
  const TestAuthority clients;
  serve("open.example", "DNS:open.example");
  serve("closed.example", "DNS:closed.example", clients.root_file());
  ASSERT_EQ(connect_old("open.example", nullptr), "");
  const SslSessionPtr ticket(SSL_get1_session(old_client.get()));
  ASSERT_EQ(connect_old("open.example", ticket.get()), "");
  EXPECT_TRUE(server->tls()->session_reused);
  EXPECT_NE(connect_old("closed.example", ticket.get()), "");
}

TEST_F(TlsStreamTest, RefusesAClientThatOffersOnlyOtherProtocols) {
  client_options.alpn = {"h2"};
  serve("", "DNS:a.example");
  EXPECT_NE(connect("a.example"), "");
  client_options.alpn = {"h2", "http/1.1"};
  context.reset();
  EXPECT_EQ(connect("a.example"), "");
  EXPECT_EQ(client->tls()->alpn, "http/1.1");
  client_options.alpn = {};
  context.reset();
  EXPECT_EQ(connect("a.example"), "");
  EXPECT_EQ(client->tls()->alpn, "");
}

// Session tickets come with the first bytes of the server.
TEST_F(TlsStreamTest, ResumesTheSessionOfTheLastConnection) {
  serve("", "DNS:a.example");
  ASSERT_EQ(connect("a.example"), "");
  EXPECT_FALSE(client->tls()->session_reused);
  EXPECT_FALSE(run(write(*server, "x")));
  EXPECT_EQ(read_text(*client), "x");
  client.reset();  // dropped without a word, as a pool does
  ASSERT_EQ(connect("a.example"), "");
  EXPECT_TRUE(client->tls()->session_reused);
  EXPECT_TRUE(client->tls()->peer_verified);
}

TEST_F(TlsStreamTest, DoesNotResumeUnderAnotherName) {
  serve("", "DNS:a.example,DNS:b.example");
  ASSERT_EQ(connect("a.example"), "");
  EXPECT_FALSE(run(write(*server, "x")));
  EXPECT_EQ(read_text(*client), "x");
  ASSERT_EQ(connect("b.example"), "");
  EXPECT_FALSE(client->tls()->session_reused);
}

TEST_F(TlsStreamTest, GathersABigWriteAndLosesNothing) {
  serve("", "DNS:a.example");
  ASSERT_EQ(connect("a.example"), "");
  std::string big(3u << 20, '\0');
  for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>((i * 2654435761u) >> 24);
  const std::string middle(20'000, 'm');
  const std::vector<std::string_view> pieces = {"head", "", big, middle, "tail"};
  const std::string expected = "head" + big + middle + "tail";
  std::optional<ErrorCode> written;
  spawn(loop, store(server->write(std::span<const std::string_view>(pieces)), written));
  settle();
  EXPECT_FALSE(written.has_value());  // a slow reader holds the writer up
  std::string got;
  while (got.size() < expected.size()) got += read_text(*client);
  run_until([&written] { return written.has_value(); });
  EXPECT_FALSE(*written);
  EXPECT_TRUE(got == expected);
}

TEST_F(TlsStreamTest, ReadsIntoASmallBuffer) {
  serve("", "DNS:a.example");
  ASSERT_EQ(connect("a.example"), "");
  EXPECT_FALSE(run(write(*server, "0123456789")));
  std::array<char, 4> small;
  std::string got;
  while (got.size() < 10) {
    const ReadResult in = run(client->read_some(std::span<char>(small)));
    ASSERT_FALSE(in.error);
    got.append(small.data(), in.bytes);
  }
  EXPECT_EQ(got, "0123456789");
}

TEST_F(TlsStreamTest, TellsAnEndInOrderFromACut) {
  serve("", "DNS:a.example");
  ASSERT_EQ(connect("a.example"), "");
  std::array<char, 16> buffer;
  run(server->shutdown_send());
  EXPECT_TRUE(is_end(run(client->read_some(std::span<char>(buffer))).error));
  EXPECT_FALSE(run(write(*client, "still heard")));
  EXPECT_EQ(read_text(*server), "still heard");

  ASSERT_EQ(connect("a.example"), "");
  server->close();
  const ReadResult cut = run(client->read_some(std::span<char>(buffer)));
  EXPECT_TRUE(is_truncated(cut.error));
  EXPECT_FALSE(is_end(cut.error));
}

TEST_F(TlsStreamTest, NoticesAPeerThatLeavesBehindUnreadBytes) {
  serve("", "DNS:a.example");
  ASSERT_EQ(connect("a.example"), "");
  int gone = 0;
  server->watch_peer([&gone] { ++gone; });
  EXPECT_FALSE(run(write(*client, "unread")));
  settle();
  EXPECT_EQ(gone, 0);
  client->close();
  run_until([&gone] { return gone > 0; });
}

TEST_F(TlsStreamTest, ClearTextAtATlsPortIsRefused) {
  serve("", "DNS:a.example");
  auto [left, right] = stream_pair();
  server = make_tls_server_stream(std::move(right), table);
  EXPECT_FALSE(run(write(*left, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")));
  const Result<void> done = run(server->handshake());
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, "tls_failed");
}

TEST_F(TlsStreamTest, CloseEndsAHandshakeThatWaits) {
  serve("", "DNS:a.example");
  auto [left, right] = stream_pair();
  server = make_tls_server_stream(std::move(right), table);
  std::optional<Result<void>> done;
  spawn(loop, store(server->handshake(), done));
  settle();
  EXPECT_FALSE(done.has_value());
  server->close();
  settle();
  ASSERT_TRUE(done.has_value());
  EXPECT_FALSE(done->ok());
}

}  // namespace
}  // namespace headgate::net
