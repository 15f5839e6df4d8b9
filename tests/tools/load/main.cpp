// load: sends requests at a fixed rate, whether or not the answers keep up, and tells how long they
// took from the moment at which each was due. (A generator that waits for answers before it sends
// hides the very waits that it is to measure.)
//
//   load --to ADDR:PORT --body FILE [--rate 1000] [--seconds 10] [--connections 64]
//        [--path /v1/chat/completions] [--header "name: value"]...
//
// Prints one JSON object: requests, failures, late (sent over 1 ms after they were due, because all
// connections were busy), and the latency's percentiles in microseconds.

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
template <typename T>
using Task = asio::awaitable<T, Executor>;
constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> kToken{};

struct Options {
  asio::ip::tcp::endpoint to;
  std::string path = "/v1/chat/completions";
  std::string headers;
  std::string body;
  std::int64_t rate = 1000;   // requests per second
  std::int64_t seconds = 10;  // for so long
  std::int64_t connections = 64;
};

// What all connections share; one thread.
struct Run {
  std::string request;
  asio::ip::tcp::endpoint to;
  Clock::time_point start;
  std::int64_t total = 0;
  std::int64_t next = 0;  // the request that is due next
  Clock::duration interval{};
  std::vector<std::int64_t> latencies_us;
  std::int64_t failures = 0;
  std::int64_t late = 0;
};

// Whether `data` is one whole answer; `good` whether it is a 200.
bool is_whole(std::string_view data, bool& good) {
  const std::size_t head_end = data.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return false;
  const std::string_view head = data.substr(0, head_end);
  const std::string_view body = data.substr(head_end + 4);
  good = head.substr(0, 12).ends_with(" 200");
  for (const std::string_view name : {"\r\nContent-Length: ", "\r\ncontent-length: "}) {
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) continue;
    std::size_t length = 0;
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
    return body.size() >= length;
  }
  return body.ends_with("0\r\n\r\n");
}

Task<bool> ask_once(Socket& socket, const Run& run) {
  const asio::const_buffer request(run.request.data(), run.request.size());
  const auto [write_error, sent] = co_await asio::async_write(socket, request, kToken);
  if (write_error) co_return false;
  std::string data;
  std::size_t size = 0;
  bool good = false;
  constexpr std::size_t kReadSize = std::size_t{64} << 10;
  do {
    data.resize(size + kReadSize);
    const asio::mutable_buffer room(data.data() + size, kReadSize);
    const auto [error, got] = co_await socket.async_read_some(room, kToken);
    if (error) co_return false;
    size += got;
  } while (!is_whole(std::string_view(data.data(), size), good));
  co_return good;
}

Task<void> connection(asio::io_context& context, Run& run) {
  Socket socket(context);
  Timer timer(context);
  while (run.next < run.total) {
    const Clock::time_point due = run.start + run.next++ * run.interval;
    timer.expires_at(due);
    co_await timer.async_wait(kToken);
    if (!socket.is_open()) {
      const auto [error] = co_await socket.async_connect(run.to, kToken);
      boost::system::error_code ignored;
      if (!error) socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    }
    if (Clock::now() - due > std::chrono::milliseconds(1)) ++run.late;
    if (co_await ask_once(socket, run)) {
      run.latencies_us.push_back(
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - due).count());
    } else {
      ++run.failures;
      boost::system::error_code ignored;
      socket.close(ignored);
    }
  }
}

std::int64_t to_number(const std::string& option, const std::string& text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end || value <= 0) {
    throw std::invalid_argument(option + " takes a number above 0, not '" + text + "'");
  }
  return value;
}

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    if (i + 1 >= argc) throw std::invalid_argument(option + " takes a value");
    const std::string value = argv[i + 1];
    if (option == "--to") {
      const std::size_t colon = value.rfind(':');
      if (colon == std::string::npos) throw std::invalid_argument("--to takes ADDR:PORT");
      options.to = {asio::ip::make_address(value.substr(0, colon)),
                    static_cast<unsigned short>(to_number(option, value.substr(colon + 1)))};
    } else if (option == "--body") {
      std::ifstream file(value, std::ios::binary);
      if (!file) throw std::invalid_argument("cannot read " + value);
      options.body.assign(std::istreambuf_iterator<char>(file), {});
    } else if (option == "--path") {
      options.path = value;
    } else if (option == "--header") {
      options.headers += value + "\r\n";
    } else if (option == "--rate") {
      options.rate = to_number(option, value);
    } else if (option == "--seconds") {
      options.seconds = to_number(option, value);
    } else if (option == "--connections") {
      options.connections = to_number(option, value);
    } else {
      throw std::invalid_argument("unknown option " + option);
    }
  }
  if (options.to.port() == 0) throw std::invalid_argument("--to ADDR:PORT is missing");
  return options;
}

void print(Run& run) {
  std::sort(run.latencies_us.begin(), run.latencies_us.end());
  const auto percentile = [&run](std::size_t percent) {
    const std::size_t count = run.latencies_us.size();
    return count == 0 ? 0 : run.latencies_us[std::min(count - 1, count * percent / 100)];
  };
  std::printf(
      "{\"requests\": %zu, \"failures\": %lld, \"late\": %lld, \"p50_us\": %lld, \"p90_us\": %lld, "
      "\"p99_us\": %lld}\n",
      run.latencies_us.size(), static_cast<long long>(run.failures),
      static_cast<long long>(run.late), static_cast<long long>(percentile(50)),
      static_cast<long long>(percentile(90)), static_cast<long long>(percentile(99)));
}

int run_load(const Options& options) {
  asio::io_context context(1);
  Run run;
  run.request = "POST " + options.path + " HTTP/1.1\r\nHost: load.test\r\n" +
                "Content-Type: application/json\r\n" + options.headers +
                "Content-Length: " + std::to_string(options.body.size()) + "\r\n\r\n" +
                options.body;
  run.to = options.to;
  run.total = options.rate * options.seconds;
  run.interval = Clock::duration(std::chrono::seconds(1)) / options.rate;
  run.start = Clock::now();
  for (std::int64_t i = 0; i < options.connections; ++i) {
    asio::co_spawn(context, connection(context, run), asio::detached);
  }
  context.run();
  print(run);
  return run.failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_load(parse_options(argc, argv));
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "load: %s\n", fault.what());
    return 2;
  }
}
