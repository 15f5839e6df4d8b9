// The HTTP calls of hg.async/1: nothing is sent; the test looks at what was asked, and says what
// the answer is.

#include <headgate/async.h>

#include <algorithm>
#include <cstring>

#include "fake_call.hpp"
#include "fake_tables.hpp"

namespace hg::testing {

std::int32_t http_of_call(hg_call* call, const hg_http_request* request,
                          std::uint64_t* id) noexcept {
  const Phase phase = call->phase;
  const bool may_pause = phase == Phase::open || phase == Phase::request ||
                         phase == Phase::attempt || phase == Phase::sign ||
                         phase == Phase::background;
  if (!may_pause) return HG_DENIED;
  if (const std::int32_t code = call->enter(call->http_code); code != HG_OK) return code;
  if (view(request->method).empty() || view(request->target).substr(0, 1) != "/") return HG_INVALID;
  FakeHttpRequest made;
  made.upstream = view(request->upstream);
  made.method = view(request->method);
  made.target = view(request->target);
  for (std::uint32_t i = 0; i < request->header_count; ++i) {
    made.headers.emplace_back(view(request->headers[i].name), view(request->headers[i].value));
  }
  made.body = view(request->body);
  made.timeout = request->timeout;
  made.answer_bytes_max = request->answer_bytes_max;
  call->http_requests.push_back(std::move(made));
  *id = call->http_requests.size();
  return HG_OK;
}

std::int32_t http_answer_of_call(hg_call* call, hg_http_answer* answer) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  if (!call->http_answer) return HG_NOT_FOUND;
  const FakeHttpAnswer& known = *call->http_answer;
  std::vector<hg_http_header> headers;
  for (const auto& [name, value] : known.headers)
    headers.push_back(hg_http_header{call->lend(name), call->lend(value)});
  const std::string_view bytes(reinterpret_cast<const char*>(headers.data()),
                               headers.size() * sizeof(hg_http_header));
  hg_http_answer full{};
  full.size = answer->size;
  full.result = known.result;
  full.id = known.id;
  full.status = known.status;
  full.header_count = static_cast<std::uint32_t>(headers.size());
  full.headers = reinterpret_cast<const hg_http_header*>(call->lend(bytes).ptr);
  full.body = call->lend(known.body);
  full.error = call->lend(known.error);
  std::memcpy(answer, &full, std::min<std::size_t>(answer->size, sizeof full));
  return HG_OK;
}

}  // namespace hg::testing
