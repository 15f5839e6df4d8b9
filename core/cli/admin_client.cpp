#include "core/cli/admin_client.hpp"

#include <array>
#include <charconv>
#include <memory>
#include <optional>

#include "core/base/ascii.hpp"
#include "core/net/deadline.hpp"
#include "core/net/worker.hpp"

namespace headgate::cli {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr std::size_t kAnswerMax = 64u << 20;

Error bad_place(std::string_view text) {
  return client_error(400, "bad_admin_place",
                      "'" + std::string(text) +
                          "' is no admin address: it is written http://HOST:PORT or unix:/PATH");
}

Error bad_answer(std::string what) {
  return upstream_error("bad_admin_answer", "the admin address " + std::move(what));
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::string name_of(const AdminPlace& place) {
  if (!place.unix_path.empty()) return "localhost";
  const bool ipv6 = place.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + place.host + "]" : place.host) + ":" + std::to_string(place.port);
}

// One question and its answer, on a worker of its own.
class Conversation {
 public:
  Conversation(const AdminPlace& place, const std::string& target, Clock& clock)
      : place_(place), target_(target), worker_(0, clock, net::WorkerOptions()) {}

  Result<AdminAnswer> run() {
    net::spawn(worker_.io(), talk());
    worker_.run();
    if (problem_) return std::move(*problem_);
    return parse_admin_answer(bytes_);
  }

 private:
  net::Task<void> talk() {
    co_await exchange();
    worker_.stop();
  }

  net::Task<void> exchange() {
    const TimePoint until = worker_.clock().now() + kPatience;
    net::ConnectOptions options(place_.host, place_.port, until);
    options.unix_path = place_.unix_path;
    auto connected = co_await worker_.connector().connect(options);
    if (!connected) {
      problem_ = std::move(connected.error());
      co_return;
    }
    net::ByteStream& stream = **connected;
    net::Deadline deadline(worker_.sweep(), [&stream] { stream.close(); });
    deadline.arm(until);
    const std::string request = "GET " + target_ + " HTTP/1.1\r\nHost: " + name_of(place_) +
                                "\r\nConnection: close\r\n\r\n";
    const std::string_view text(request);
    const net::ErrorCode error = co_await net::write(stream, text);
    if (error) {
      problem_ = bad_answer("closed the connection: " + error.message());
      co_return;
    }
    for (;;) {
      const std::span<char> room(room_);
      const net::ReadResult read = co_await stream.read_some(room);
      if (read.error) {
        if (net::is_aborted(read.error)) problem_ = bad_answer("did not answer in time");
        co_return;
      }
      bytes_.append(room_.data(), read.bytes);
      if (bytes_.size() > kAnswerMax) {
        problem_ = bad_answer("sent more than 64 MiB");
        co_return;
      }
    }
  }

  const AdminPlace& place_;
  const std::string& target_;
  net::Worker worker_;
  std::array<char, 16 * 1024> room_;
  std::string bytes_;
  std::optional<Error> problem_;
};

}  // namespace

Result<AdminPlace> parse_admin_place(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  constexpr std::string_view kUnix = "unix:";
  AdminPlace place;
  if (text.starts_with(kUnix) && text.size() > kUnix.size()) {
    place.unix_path = text.substr(kUnix.size());
    return place;
  }
  std::string_view rest = text;
  if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return bad_place(text);
  const auto port = number<std::uint16_t>(rest.substr(colon + 1));
  std::string_view host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!port || *port == 0 || host.empty() || host.find('/') != std::string_view::npos)
    return bad_place(text);
  place.host = host;
  place.port = *port;
  return place;
}

Result<AdminAnswer> parse_admin_answer(std::string_view bytes) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  constexpr std::string_view kLength = "\r\ncontent-length: ";
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t end = bytes.find(kEnd);
  if (!bytes.starts_with(kVersion) || end == std::string_view::npos)
    return bad_answer("sent no HTTP answer");
  const auto status = number<int>(bytes.substr(kVersion.size(), 3));
  if (!status) return bad_answer("sent no status");
  const std::string head = lowered(bytes.substr(0, end + 2));
  AdminAnswer answer;
  answer.status = *status;
  answer.body = bytes.substr(end + kEnd.size());
  const std::size_t at = head.find(kLength);
  if (at == std::string::npos) return bad_answer("did not say how long its answer is");
  const std::size_t begin = at + kLength.size();
  const auto length =
      number<std::size_t>(std::string_view(head).substr(begin, head.find('\r', begin) - begin));
  if (length != answer.body.size()) return bad_answer("broke off in its answer");
  return answer;
}

Result<AdminAnswer> ask_admin(const AdminPlace& place, const std::string& target, Clock& clock) {
  return Conversation(place, target, clock).run();
}

}  // namespace headgate::cli
