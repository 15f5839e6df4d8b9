#include "core/net/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <cstring>
#include <utility>
#include <vector>

#include "core/net/address.hpp"
#include "core/net/stream_error.hpp"
#include "core/net/tls_internal.hpp"

namespace headgate::net {
namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;      // the most that one TLS record carries
constexpr std::size_t kReadBytes = 17 * 1024;        // room for one record with what is around it
constexpr std::size_t kFlushBytes = 64 * 1024;       // what is sent in one piece
constexpr std::size_t kUnsentBytesMax = 256 * 1024;  // put out while nobody writes
constexpr std::size_t kKeptOutputBytes = 8 * 1024;   // a larger buffer is freed after use

// The two buffers OpenSSL works on.
struct TlsBuffers {
  std::unique_ptr<char[]> input;
  std::size_t input_begin = 0;
  std::size_t input_end = 0;
  std::string output;

  bool input_empty() const { return input_begin == input_end; }
};

int bio_write(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
  static_cast<TlsBuffers*>(BIO_get_data(bio))->output.append(data, size);
  *written = size;
  return 1;
}

int bio_read(BIO* bio, char* into, std::size_t size, std::size_t* got) {
  auto& buffers = *static_cast<TlsBuffers*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *got = std::min(size, buffers.input_end - buffers.input_begin);
  if (*got == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(into, buffers.input.get() + buffers.input_begin, *got);
  buffers.input_begin += *got;
  return 1;
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
}

int bio_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

const BIO_METHOD* bio_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "headgate");
    BIO_meth_set_write_ex(made, bio_write);
    BIO_meth_set_read_ex(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    BIO_meth_set_create(made, bio_create);
    return made;
  }();
  return method;
}

class TlsStreamImpl final : public TlsStream {
 public:
  TlsStreamImpl(std::unique_ptr<ByteStream> below, SSL_CTX* context)
      : below_(std::move(below)), ssl_(SSL_new(context)) {
    BIO* bio = BIO_new(bio_method());
    BIO_set_data(bio, &buffers_);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), &connection_);
  }

  // OpenSSL would otherwise declare the session of a connection that ended without close_notify
  // unfit for another; whether it was cut is known here better.
  ~TlsStreamImpl() override {
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }

  void begin_client(std::shared_ptr<const TlsClientContext> context, const std::string& name,
                    const std::string& session_key);
  void begin_server(std::shared_ptr<const TlsServerTable> table);

  Task<Result<void>> handshake() override;
  Task<ReadResult> read_some(std::span<char> into) override;
  Task<ReadResult> read_into(ReadBuffer& buffer, std::size_t room) override;
  Task<ErrorCode> write(std::span<const std::string_view> pieces) override;
  void cancel_read() override { below_->cancel_read(); }
  void close() override { below_->close(); }
  void reset() override { below_->reset(); }
  Task<void> shutdown_send() override;
  void watch_peer(std::function<void()> on_gone) override {
    below_->watch_peer(std::move(on_gone));
  }
  void unwatch_peer() override { below_->unwatch_peer(); }
  void set_footprint(const Footprint& footprint) override {
    Footprint all = footprint;
    all.add(*this);
    below_->set_footprint(all);
  }
  void add_to(Footprint& footprint) const override {
    footprint.add(*this);
    below_->add_to(footprint);
  }
  const std::string& remote_address() const override { return below_->remote_address(); }
  const std::string& remote_ip() const override { return below_->remote_ip(); }
  const TlsInfo* tls() const override { return &info_; }

 private:
  std::size_t decrypt(std::span<char> into);
  Task<ErrorCode> wait_for_input();
  bool encrypt(std::string_view bytes);
  Task<ErrorCode> fill();
  Task<ErrorCode> flush();
  ErrorCode read_failure(int reason);
  std::string handshake_failure();
  void describe();

  std::unique_ptr<ByteStream> below_;
  std::shared_ptr<const void> held_;  // the context or table that connection_ points at
  TlsConnection connection_;
  TlsBuffers buffers_;  // before ssl_, which uses them to its end
  SslPtr ssl_;
  std::string sending_;
  TlsInfo info_;
};

void TlsStreamImpl::begin_client(std::shared_ptr<const TlsClientContext> context,
                                 const std::string& name, const std::string& session_key) {
  const auto& client = static_cast<const TlsClientContextImpl&>(*context);
  held_ = std::move(context);
  connection_.client = &client;
  connection_.name = normal_name(name);
  connection_.session_key = session_key + '\n' + connection_.name;
  if (!Address::from_ip(connection_.name, 0)) {
    SSL_set_tlsext_host_name(ssl_.get(), connection_.name.c_str());
  }
  if (const SslSessionPtr session = client.session_for(connection_.session_key)) {
    SSL_set_session(ssl_.get(), session.get());
  }
  SSL_set_connect_state(ssl_.get());
}

void TlsStreamImpl::begin_server(std::shared_ptr<const TlsServerTable> table) {
  connection_.server = table.get();
  held_ = std::move(table);
  SSL_set_accept_state(ssl_.get());
}

// Reads what is there from the stream below.
Task<ErrorCode> TlsStreamImpl::fill() {
  if (!buffers_.input) buffers_.input = std::make_unique_for_overwrite<char[]>(kReadBytes);
  const std::span<char> into(buffers_.input.get(), kReadBytes);
  const ReadResult in = co_await below_->read_some(into);
  buffers_.input_begin = 0;
  buffers_.input_end = in.bytes;
  co_return in.error;
}

// Sends what OpenSSL has put out. Only what writes calls it, so that two never overlap.
Task<ErrorCode> TlsStreamImpl::flush() {
  ErrorCode error;
  while (!buffers_.output.empty() && !error) {
    std::swap(sending_, buffers_.output);
    const std::string_view piece = sending_;
    const std::span<const std::string_view> pieces(&piece, 1);
    error = co_await below_->write(pieces);
    sending_.clear();
  }
  if (sending_.capacity() > kKeptOutputBytes) std::string().swap(sending_);
  if (buffers_.output.capacity() > kKeptOutputBytes) std::string().swap(buffers_.output);
  co_return error;
}

Task<Result<void>> TlsStreamImpl::handshake() {
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    const int reason = SSL_get_error(ssl_.get(), done);
    std::string failure;
    if (done != 1 && reason != SSL_ERROR_WANT_READ) failure = handshake_failure();
    ErrorCode error = co_await flush();  // the alert, too
    if (done == 1) {
      describe();
      if (error) co_return upstream_error("tls_failed", error.message());
      co_return Result<void>();
    }
    if (!failure.empty()) co_return upstream_error("tls_failed", failure);
    if (!error) error = co_await fill();
    if (is_end(error)) {
      co_return upstream_error("tls_failed", "the peer closed the connection in the handshake");
    }
    if (error) co_return upstream_error("tls_failed", error.message());
  }
}

std::string TlsStreamImpl::handshake_failure() {
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified == X509_V_OK) return take_openssl_error();
  ERR_clear_error();
  std::string text = X509_verify_cert_error_string(verified);
  if (verified == X509_V_ERR_HOSTNAME_MISMATCH) {
    text = "the certificate is not for " + connection_.name;
  }
  return "certificate verify failed: " + text;
}

void TlsStreamImpl::describe() {
  SSL* ssl = ssl_.get();
  info_.server_name = connection_.name;
  info_.version = SSL_get_version(ssl);
  info_.session_reused = SSL_session_reused(ssl) == 1;
  const unsigned char* alpn = nullptr;
  unsigned int alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  if (alpn_size > 0) info_.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return;
  info_.peer_verified =
      (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0 && SSL_get_verify_result(ssl) == X509_V_OK;
  BIO* text = BIO_new(BIO_s_mem());
  X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text, &data);
  info_.peer_subject.assign(data, static_cast<std::size_t>(size));
  BIO_free(text);
}

// As many bytes as the input holds and `into` takes: several small records make one read.
std::size_t TlsStreamImpl::decrypt(std::span<char> into) {
  std::size_t total = 0;
  while (total < into.size()) {
    std::size_t bytes = 0;
    ERR_clear_error();
    if (SSL_read_ex(ssl_.get(), into.data() + total, into.size() - total, &bytes) != 1) break;
    total += bytes;
    if (buffers_.input_empty() && SSL_pending(ssl_.get()) == 0) break;
  }
  return total;
}

// Reading may make OpenSSL put something out (the answer to a key update). It need not leave before
// the next write does (RFC 8446, 4.6.3), and a reader that waited for a send would have to share
// the stream below with a writer. A peer that makes it grow without end is cut off.
Task<ErrorCode> TlsStreamImpl::wait_for_input() {
  const int reason = SSL_get_error(ssl_.get(), 0);
  if (reason != SSL_ERROR_WANT_READ || buffers_.output.size() > kUnsentBytesMax) {
    co_return read_failure(reason);
  }
  const ErrorCode error = co_await fill();
  if (is_end(error)) co_return make_error_code(StreamError::truncated);
  co_return error;
}

// A failure after some bytes is seen again by the next read.
Task<ReadResult> TlsStreamImpl::read_some(std::span<char> into) {
  for (;;) {
    const std::size_t bytes = decrypt(into);
    if (bytes > 0) co_return ReadResult(ErrorCode(), bytes);
    const ErrorCode error = co_await wait_for_input();
    if (error) co_return ReadResult(error, 0);
  }
}

Task<ReadResult> TlsStreamImpl::read_into(ReadBuffer& buffer, std::size_t room) {
  for (;;) {
    const std::size_t bytes = decrypt(buffer.space(room));
    buffer.commit(bytes);
    if (bytes > 0) co_return ReadResult(ErrorCode(), bytes);
    buffer.release();
    const ErrorCode error = co_await wait_for_input();
    if (error) co_return ReadResult(error, 0);
  }
}

ErrorCode TlsStreamImpl::read_failure(int reason) {
  ERR_clear_error();
  if (reason == SSL_ERROR_ZERO_RETURN) return boost::asio::error::eof;
  return make_error_code(StreamError::tls_failed);
}

bool TlsStreamImpl::encrypt(std::string_view bytes) {
  if (bytes.empty()) return true;
  ERR_clear_error();
  std::size_t written = 0;
  return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written) == 1;
}

// Small pieces are put together, so that a head and its body are one record and one send.
Task<ErrorCode> TlsStreamImpl::write(std::span<const std::string_view> pieces) {
  // Only used between two suspensions: empty whenever this task waits.
  thread_local std::array<char, kRecordBytes> gathered;
  std::size_t used = 0;
  bool good = true;
  ErrorCode error;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::string_view rest = pieces[i];
    while (!rest.empty()) {
      const bool direct = used == 0 && (rest.size() >= kRecordBytes || i + 1 == pieces.size());
      const std::size_t take = std::min(rest.size(), kRecordBytes - used);
      if (direct) {
        good = good && encrypt(rest.substr(0, take));
      } else {
        std::memcpy(gathered.data() + used, rest.data(), take);
        used += take;
        if (used == kRecordBytes) {
          good = good && encrypt(std::string_view(gathered.data(), used));
          used = 0;
        }
      }
      rest.remove_prefix(take);
      if (used == 0 && buffers_.output.size() >= kFlushBytes) {
        error = co_await flush();
        if (error) co_return error;
      }
    }
  }
  good = good && encrypt(std::string_view(gathered.data(), used));
  error = co_await flush();
  if (!error && !good) error = make_error_code(StreamError::tls_failed);
  co_return error;
}

Task<void> TlsStreamImpl::shutdown_send() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  co_await flush();
  co_await below_->shutdown_send();
}

}  // namespace

std::unique_ptr<TlsStream> make_tls_client_stream(std::unique_ptr<ByteStream> below,
                                                  std::shared_ptr<const TlsClientContext> context,
                                                  const std::string& name,
                                                  const std::string& session_key) {
  SSL_CTX* native = static_cast<const TlsClientContextImpl&>(*context).native();
  auto stream = std::make_unique<TlsStreamImpl>(std::move(below), native);
  stream->begin_client(std::move(context), name, session_key);
  return stream;
}

std::unique_ptr<TlsStream> make_tls_server_stream(std::unique_ptr<ByteStream> below,
                                                  std::shared_ptr<const TlsServerTable> table) {
  SSL_CTX* native = static_cast<const TlsServerContextImpl*>(table->any())->native();
  auto stream = std::make_unique<TlsStreamImpl>(std::move(below), native);
  stream->begin_server(std::move(table));
  return stream;
}

}  // namespace headgate::net
