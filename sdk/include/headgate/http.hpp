#pragma once
// HTTP calls of a plugin's own, typed: what async.h offers for them. Made with Call::http(), read
// with Call::http_answer(); a class that does so says kNeeds = hg::kHttp.
//
//   hg::Action on_request(hg::Call& call) {
//     hg::HttpRequest ask{"guard", "POST", "/check"};   // config.plugins.upstreams: {guard: ...}
//     ask.headers.push_back({"content-type", "application/json"});
//     ask.body = call.request().body();
//     return call.http(ask) ? hg::Action::pause : hg::Action::abort;
//   }
//   hg::Action on_async(hg::Call& call, std::uint32_t reason) {
//     const auto answer = call.http_answer();           // nothing where `reason` is another one
//     if (answer && answer->ok()) return hg::Action::proceed;
//     return call.respond_error(403, "not_permitted", "the guard did not permit this");
//   }

#include <headgate/host.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace hg {

struct HttpHeader {
  std::string_view name;
  std::string_view value;
};

// Views need to live until http() returns.
struct HttpRequest {
  HttpRequest(std::string_view upstream, std::string_view method, std::string_view target)
      : upstream(upstream), method(method), target(target) {}

  std::string_view upstream;  // a name of `config.plugins.upstreams`
  std::string_view method;
  std::string_view target;  // path and query
  std::vector<HttpHeader> headers;
  std::string_view body;
  std::chrono::milliseconds timeout{0};  // 0: the upstream's own, which it cannot exceed
  std::size_t answer_bytes_max = 0;      // 0: 1 MiB
};

enum class HttpResult : std::uint32_t {
  answered = HG_HTTP_ANSWERED,
  connect = HG_HTTP_CONNECT,
  timeout = HG_HTTP_TIMEOUT,
  too_large = HG_HTTP_TOO_LARGE,
  broken = HG_HTTP_BROKEN
};

// Valid until the on_async that took it returns.
class HttpAnswer {
 public:
  explicit HttpAnswer(const hg_http_answer& raw) noexcept : raw_(raw) {}

  std::uint64_t id() const noexcept { return raw_.id; }  // that http() returned
  HttpResult result() const noexcept { return static_cast<HttpResult>(raw_.result); }
  bool answered() const noexcept { return raw_.result == HG_HTTP_ANSWERED; }
  // Answered with a status that is good.
  bool ok() const noexcept { return answered() && raw_.status / 100 == 2; }
  std::uint32_t status() const noexcept { return raw_.status; }
  std::string_view body() const noexcept { return view(raw_.body); }
  // What went wrong, for a log.
  std::string_view error() const noexcept { return view(raw_.error); }

  // The first of that name, whatever its case.
  std::optional<std::string_view> header(std::string_view name) const noexcept {
    for (std::uint32_t i = 0; i < raw_.header_count; ++i) {
      if (same(view(raw_.headers[i].name), name)) return view(raw_.headers[i].value);
    }
    return std::nullopt;
  }
  // Calls visit(name, value) for each in order.
  template <class Visit>
  void each_header(Visit&& visit) const {
    for (std::uint32_t i = 0; i < raw_.header_count; ++i)
      visit(view(raw_.headers[i].name), view(raw_.headers[i].value));
  }

 private:
  static char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  static bool same(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
  }

  hg_http_answer raw_;
};

}  // namespace hg
