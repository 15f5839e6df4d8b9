// hg.async/1

#include <span>

#include "core/plugin/services.hpp"
#include "core/plugin/tables.hpp"

namespace headgate::plugin {

namespace {

constexpr std::uint64_t kTimerMillisecondsMax = 600'000;
constexpr std::uint32_t kHeadersMax = 64;
constexpr std::size_t kBodyBytesMax = 16 * 1024 * 1024;

std::int32_t timer(hg_call* call, std::uint64_t milliseconds) noexcept {
  expect_own(call, "timer");
  if (milliseconds > kTimerMillisecondsMax) return HG_INVALID;
  return call->timer(milliseconds);
}

std::uint64_t waker(hg_call* call) noexcept {
  expect_own(call, "waker");
  return call->waker();
}

std::int32_t wake(const hg_host* host, std::uint64_t waker) noexcept {
  if (host == nullptr) return HG_INVALID;
  if (waker == 0) return HG_GONE;
  return services_of(host).wake(waker);
}

bool valid_headers(const hg_http_request& request) {
  if (request.header_count == 0) return true;
  if (request.headers == nullptr) return false;
  for (const hg_http_header& header : std::span(request.headers, request.header_count)) {
    if (!valid(header.name) || !valid(header.value)) return false;
  }
  return true;
}

std::int32_t http(hg_call* call, const hg_http_request* request, std::uint64_t* id) noexcept {
  expect_own(call, "http");
  if (request == nullptr || id == nullptr || !HG_HAS(request, hg_http_request, target)) {
    return HG_INVALID;
  }
  hg_http_request defaults{};
  defaults.size = HG_END_OF(hg_http_request, answer_bytes_max);
  const hg_http_request whole = read_struct(request, defaults);
  if (!valid(whole.upstream) || !valid(whole.method) || !valid(whole.target) ||
      !valid(whole.body)) {
    return HG_INVALID;
  }
  if (whole.header_count > kHeadersMax || whole.body.len > kBodyBytesMax ||
      whole.answer_bytes_max > kBodyBytesMax) {
    return HG_LIMIT;
  }
  if (!valid_headers(whole)) return HG_INVALID;
  return call->http(whole, *id);
}

std::int32_t http_answer(hg_call* call, hg_http_answer* answer) noexcept {
  expect_own(call, "http_answer");
  if (answer == nullptr || !HG_HAS(answer, hg_http_answer, result)) return HG_INVALID;
  hg_http_answer whole{};
  whole.size = HG_END_OF(hg_http_answer, error);
  const std::int32_t result = call->http_answer(whole);
  if (result == HG_OK) write_struct(answer, whole);
  return result;
}

}  // namespace

const hg_async_ext kAsyncTable = {
    .size = HG_END_OF(hg_async_ext, http_answer),
    .reserved = 0,
    .timer = timer,
    .waker = waker,
    .wake = wake,
    .http = http,
    .http_answer = http_answer,
};

}  // namespace headgate::plugin
