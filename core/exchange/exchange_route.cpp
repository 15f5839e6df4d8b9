// Where a request goes: listener, route, API format, backend.

#include <algorithm>
#include <array>

#include "core/exchange/continuation.hpp"
#include "core/exchange/exchange.hpp"
#include "core/exchange/request_facets.hpp"
#include "core/exchange/serving.hpp"
#include "core/http/header_rules.hpp"
#include "core/http/target.hpp"
#include "core/route/draw_backend.hpp"

namespace headgate::exchange {
namespace {

class RequestHeaders final : public route::HeaderSource {
 public:
  explicit RequestHeaders(const http::Headers& headers) : headers_(headers) {}
  std::optional<std::string_view> find(std::string_view name) const override {
    return headers_.find(name);
  }

 private:
  const http::Headers& headers_;
};

std::string quoted(std::string_view text) {
  return "'" + std::string(text.substr(0, 200)) + "'";
}

}  // namespace

Exchange::MaybeError Exchange::find_route() {
  const http::RequestHead& head = request_.head;
  const http::Target parts = http::split_target(head.target);
  request_.path = parts.path;
  request_.query = parts.query;
  if (head.target == "*" || !http::is_safe_path(parts.path)) {
    return client_error(400, "bad_path", "the path of the request is not one that can be routed");
  }
  const route::RouteTable& routes = request_.snapshot->routes;
  const auto listener = routes.select_listener(port_, head.authority);
  if (const net::TlsInfo* tls = stream_.tls()) {
    // The client checked the certificate of one listener and asks another: it must come anew.
    if (routes.select_listener(port_, tls->server_name) != listener) {
      return client_error(421, "misdirected_request",
                          "this connection was made for another host name");
    }
  }
  if (!listener) {
    return client_error(404, "no_listener", "no listener serves host " + quoted(head.authority));
  }
  request_.listener_name = routes.listeners()[*listener].config->name;
  const RequestHeaders headers(head.headers);
  const route::MatchRequest wanted{*listener,  head.method, head.authority,
                                   parts.path, parts.query, headers};
  const route::RouteEntry* entry = routes.match(wanted);
  if (!entry) {
    return client_error(
        404, "no_route",
        "no route matches " + std::string(head.method.substr(0, 32)) + " " + quoted(parts.path));
  }
  request_.route = &request_.snapshot->plans[entry->index];
  request_.route->series->started(worker_.metrics);
  return std::nullopt;
}

void Exchange::find_dialect() {
  const http::Headers& headers = request_.head.headers;
  const auto has_header = [&headers](std::string_view name) { return headers.contains(name); };
  request_.dialect = find_format(*request_.snapshot, *request_.route, request_.head.method,
                                 request_.path, has_header);
}

// Whether the provider of an endpoint declares what is asked.
bool Exchange::can_serve(const EndpointPlan& endpoint) const {
  if (goes_on() && !continuation_->fits(endpoint)) return false;
  return knows(endpoint, request_.store) && declares(endpoint, request_.dialect, request_.path);
}

// A dialect that knows no answer of its own leaves the question to a provider that declares the
// path. False: there is none.
bool Exchange::pass_instead() {
  const plugin::DialectRoute* const route = request_.dialect.route;
  const std::string_view path = request_.path;
  request_.dialect.route = nullptr;
  // Where the configuration gave it another path, providers know it by its own.
  if (!route->model_in_path && !path.ends_with(route->path)) request_.path = route->path;
  const auto& endpoints = request_.backend->endpoints;
  if (std::any_of(endpoints.begin(), endpoints.end(),
                  [this](const EndpointPlan& endpoint) { return can_serve(endpoint); })) {
    request_.recorded.reset();
    return true;
  }
  request_.dialect.route = route;
  request_.path = path;
  return false;
}

Exchange::MaybeError Exchange::choose_backend() {
  const auto& backends = request_.route->backends;
  if (backends.empty()) {
    return gateway_error("no_backend", "route " + quoted(request_.route->name) + " has no backend",
                         503);
  }
  std::array<route::BackendShare, 16> few;
  std::vector<route::BackendShare> many;
  std::span<route::BackendShare> shares(few.data(), backends.size());
  if (backends.size() > few.size()) {
    many.resize(backends.size());
    shares = many;
  }
  const auto serves = [this](const EndpointPlan& endpoint) { return can_serve(endpoint); };
  bool declared = fill_shares(backends, request_.started, serves, shares);
  declared |= request_.dialect.route && request_.dialect.route->answered;
  if (!declared && request_.dialect.dialect && !request_.dialect.route) {
    return client_error(
        405, "method_not_allowed",
        "this path does not take " + std::string(request_.head.method.substr(0, 32)));
  }
  if (!declared) {
    return client_error(404, "unknown_path",
                        "no provider of route " + quoted(request_.route->name) + " serves " +
                            quoted(request_.path));
  }
  const auto drawn = route::draw_backend(shares, worker_.worker.rng());
  if (!drawn) {
    return gateway_error("no_backend",
                         "route " + quoted(request_.route->name) + " has no backend with a weight",
                         503);
  }
  request_.backend = &backends[*drawn];
  // A plain upstream answers for itself, whatever the path looks like.
  if (is_plain()) request_.dialect.route = nullptr;
  if (request_.backend->request_timeout) {
    request_.deadline = request_.started + *request_.backend->request_timeout;
  }
  return std::nullopt;
}

bool Exchange::is_plain() const {
  return exchange::is_plain(*request_.backend);
}

// The body as it came, and what can be read of it.
Exchange::MaybeError Exchange::take_body(std::string_view body) {
  request_.body.assign(body);
  asked_ = body;
  return read_facets_of(request_);
}

// Policies may have changed what the request asks for, by other means than the model's own.
Exchange::MaybeError Exchange::read_facets_again() {
  if (request_.body.is(asked_)) return std::nullopt;
  auto problem = exchange::read_facets_again(request_);
  if (!problem) return std::nullopt;
  if (const plugin::PolicyInstance* const policy = policies_.changed_body()) {
    policies_.tell_fault(*policy, "on_request", "left a bad request: " + problem->message, false);
  }
  return bad_request_left(*problem);
}

}  // namespace headgate::exchange
