#pragma once
// What one attempt sends and what came back: the part of an attempt that plugins see. [worker]

#include <headgate/credential.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/exchange/json_body.hpp"
#include "core/exchange/recorded.hpp"
#include "core/exchange/snapshot.hpp"
#include "core/http/head.hpp"
#include "core/http/header_map.hpp"

namespace headgate::exchange {

struct RequestContext;

// With what this attempt proves who it is. Views live in the request's arena.
struct Credential {
  std::uint32_t kind = HG_CREDENTIAL_NONE;
  std::string_view value;
  std::uint32_t place = HG_PLACE_DEFAULT;
  std::string_view name;
  std::string_view prefix;
};

struct AttemptContext {
  AttemptContext(RequestContext& request, const EndpointPlan& endpoint);
  ~AttemptContext();
  AttemptContext(const AttemptContext&) = delete;
  AttemptContext& operator=(const AttemptContext&) = delete;

  const EndpointPlan& endpoint;
  std::string_view model;  // to ask for

  // HG_UPSTREAM
  std::string_view method;
  std::string_view target;
  http::HeaderMap headers;
  JsonBody body;
  Credential credential;
  // Bodies that plugins gave: released when the attempt ends.
  std::vector<std::pair<void (*)(void*) noexcept, void*>> given;

  // HG_RESPONSE
  http::ResponseHead head;  // views into the upstream connection's buffer
  http::HeaderMap response_headers;
  std::string_view response_body;  // whole answers only
  std::string replaced_body;       // what set_body left
  bool body_replaced = false;

  // What plugins left.
  std::optional<RecordedAnswer> recorded;
  Usage usage;

  void* provider_context = nullptr;
  bool provider_open = false;
};

}  // namespace headgate::exchange
