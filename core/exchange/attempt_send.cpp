// From the client's request to the head of the upstream's answer.

#include <headgate/provider.h>

#include <algorithm>
#include <array>

#include "core/base/ascii.hpp"
#include "core/exchange/attempt.hpp"
#include "core/exchange/continuation.hpp"
#include "core/http/head_parser.hpp"
#include "core/http/head_writer.hpp"
#include "core/http/header_rules.hpp"
#include "core/http/target.hpp"
#include "core/net/frame.hpp"
#include "core/select/retry_after.hpp"
#include "core/upstream/stale_retry.hpp"

namespace headgate::exchange {
namespace {

// What clients may say to any provider: content, idempotency and tracing. Everything else stays
// here, unless the provider's manifest asks for it.
constexpr std::array<std::string_view, 9> kForwardedHeaders = {
    "accept",      "accept-language", "baggage",    "content-type", "idempotency-key",
    "traceparent", "tracestate",      "user-agent", "x-request-id"};

// Room for the head of most requests, and for the pieces that a request is sent in.
constexpr std::size_t kHeadUsual = 1000;
constexpr std::size_t kPiecesUsual = 8;
// Of what the client sent, where the access log finds target and host.
constexpr std::size_t kLoggedOfHead = 192;

constexpr std::uint32_t sizes_of_forwarded() {
  std::uint32_t sizes = 0;
  for (const std::string_view name : kForwardedHeaders) sizes |= std::uint32_t{1} << name.size();
  return sizes;
}

bool is_forwarded(std::string_view lower_name) {
  // By length, for most names then need not be compared at all.
  constexpr std::uint32_t kSizes = sizes_of_forwarded();
  if (lower_name.size() >= 32 || (kSizes >> lower_name.size() & 1) == 0) return false;
  return std::find(kForwardedHeaders.begin(), kForwardedHeaders.end(), lower_name) !=
         kForwardedHeaders.end();
}

bool is_configured(std::string_view lower_name, const config::HttpLimits& http) {
  return std::any_of(http.forward_headers.begin(), http.forward_headers.end(),
                     [&](const config::PlacedText& name) { return name.text == lower_name; });
}

std::string_view lowered_in(std::string_view name, std::array<char, 64>& room) {
  if (name.size() > room.size()) return {};
  std::transform(name.begin(), name.end(), room.begin(), lower);
  return {room.data(), name.size()};
}

// The answer's headers that are about this hop or about our own answer.
bool stays_here(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kOurs = {
      "content-length", "server",     "set-cookie",
      "alt-svc",        "connection", "strict-transport-security"};
  return std::any_of(kOurs.begin(), kOurs.end(),
                     [&](std::string_view ours) { return http::equals_ignoring_case(name, ours); });
}

std::string_view without_parameters(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (!content_type.empty() && content_type.back() == ' ') content_type.remove_suffix(1);
  return content_type;
}

}  // namespace

void Attempt::forward_headers() {
  const auto& credentials = request_.snapshot->credential_headers;
  std::array<char, 64> room;
  for (const http::Header& header : request_.headers) {
    const std::string_view name = lowered_in(header.name, room);
    if (name.empty() || name == "host" || name == "expect" || name == "content-length") continue;
    // Nobody here reads what a plain upstream says; see accepted_coding() for the others.
    if (name == "accept-encoding" && endpoint_.provider) continue;
    const bool wanted = !endpoint_.provider || is_forwarded(name) ||
                        endpoint_.provider->declares().forwards_header(name) ||
                        is_configured(name, request_.snapshot->config->frontend.http);
    if (!wanted) continue;
    if (std::find(credentials.begin(), credentials.end(), name) != credentials.end()) continue;
    // A policy took it as meant for the gateway, in whatever header it stood.
    if (http::equals_ignoring_case(name, request_.consumed_credential)) continue;
    context_.headers.add_view(header.name, header.value);
  }
}

// Without a credential of the configuration the client's own goes through, if it stands where this
// provider looks for one and was not meant for us.
void Attempt::choose_credential() {
  if (context_.credential.kind != HG_CREDENTIAL_NONE) return;
  const auto& place = endpoint_.provider->declares().credential;
  if (!place || place->place != HG_PLACE_HEADER) return;
  if (http::equals_ignoring_case(request_.consumed_credential, place->name)) return;
  const auto value = request_.headers.get(place->name);
  if (!value || value->size() <= place->prefix.size() ||
      !http::equals_ignoring_case(value->substr(0, place->prefix.size()), place->prefix)) {
    return;
  }
  context_.credential.kind = HG_CREDENTIAL_CLIENT;
  context_.credential.value = value->substr(place->prefix.size());
}

std::int32_t Attempt::prepare() {
  forward_headers();
  if (span_) send_trace_context();
  return policies_.on_attempt(context_);
}

// What is to be sent.
Attempt::MaybeFailure Attempt::build() {
  if (!endpoint_.provider) {
    build_plain();
    return std::nullopt;
  }
  choose_credential();
  request_.note_credential(context_.credential.value);
  return build_with_provider();
}

// What the client asked, as it asked, but for credentials: those of the client stay here.
void Attempt::build_plain() {
  context_.method = request_.head.method;
  std::string target(request_.path);
  const std::string query = query_without_credentials();
  if (!query.empty()) target.append("?").append(query);
  context_.target = request_.arena.copy(target);
  context_.body.share(request_.body);
  request_.note_credential(context_.credential.value);
}

Attempt::MaybeFailure Attempt::build_with_provider() {
  plugin::ProviderInstance& provider = *endpoint_.provider;
  const bool neutral = request_.dialect.route && !passes_dialect();
  const bool translated = neutral && !request_.dialect.dialect->declares().neutral;
  const bool rewritten = translated || goes_on();
  // Another form is about as long, and is refused before it is made where there is no room for it.
  if (auto no_room = hold_made(neutral ? request_.body.size() : 0)) return no_room;
  JsonBody as_asked(request_.arena, request_.worker.scanner);
  // The next attempt may be at a provider that takes the client's own format.
  if (rewritten) as_asked.share(request_.body);
  if (translated) {
    call_.enter(Phase::request, nullptr);
    request_.recorded.reset();
    const std::int32_t result =
        request_.dialect.dialect->to_neutral(request_.dialect_context, call_);
    call_.drop_pause();  // it cannot wait
    if (result != HG_CONTINUE) {
      context_.recorded = std::move(request_.recorded);
      return failure(FailureKind::cannot, "not_translatable", "cannot be asked this");
    }
  }

  hg_build in{};
  in.size = HG_END_OF(hg_build, own_host);
  in.own_host = endpoint_.own_host ? 1 : 0;
  in.stream = request_.facets.stream ? 1 : 0;
  in.neutral = neutral ? 1 : 0;
  in.operation = plugin::str(request_.operation());
  in.dialect = plugin::str(request_.dialect_id());
  in.model = plugin::str(context_.model);
  in.base_path = plugin::str(endpoint_.base_path);
  in.max_tokens = request_.facets.max_tokens.value_or(HG_UNKNOWN_COUNT);
  std::string path;
  if (!request_.dialect.route) {
    path = endpoint_.pass_through->match(request_.path).value_or(std::string_view());
    const std::string query = query_without_credentials();
    if (!query.empty()) path.append("?").append(query);
    in.path = plugin::str(path);
  }

  if (goes_on()) request_.continuation->write_prefill(provider, in);
  call_.enter(Phase::build, &context_);
  const auto worker = static_cast<std::uint32_t>(request_.worker.worker.index());
  context_.provider_open = provider.open(worker, call_, context_.provider_context) == HG_CONTINUE;
  const bool built =
      context_.provider_open && provider.build(context_.provider_context, call_, in) == HG_CONTINUE;
  if (rewritten) request_.body.share(as_asked);
  if (!built) {
    return failure(FailureKind::cannot, "not_expressible", "cannot express this request");
  }
  if (auto no_room = hold_made()) return no_room;
  if (endpoint_.path_override) context_.target = *endpoint_.path_override;
  if (context_.method.empty() || context_.target.empty()) {
    return failure(FailureKind::refused, "plugin_error", "has a plugin that built no request");
  }
  return std::nullopt;
}

// The client's query for a pass-through path, without the parameters that can carry a key.
std::string Attempt::query_without_credentials() const {
  std::string query(request_.query);
  for (const std::string& name : request_.snapshot->credential_parameters)
    query = http::remove_query_parameter(query, name);
  const std::string_view consumed = request_.consumed_credential;
  if (consumed.starts_with('?')) query = http::remove_query_parameter(query, consumed.substr(1));
  return query;
}

std::int32_t Attempt::sign() {
  hg_credential credential{};
  credential.size = HG_END_OF(hg_credential, prefix);
  credential.kind = context_.credential.kind;
  credential.value = plugin::str(context_.credential.value);
  credential.place = context_.credential.place;
  credential.name = plugin::str(context_.credential.name);
  credential.prefix = plugin::str(context_.credential.prefix);
  call_.enter(Phase::sign, &context_);
  if (!endpoint_.provider) {
    return call_.credential_place(credential) == HG_OK ? HG_CONTINUE : HG_ABORT;
  }
  const std::int32_t result =
      endpoint_.provider->sign(context_.provider_context, call_, credential);
  if (result != HG_PAUSE) call_.drop_pause();
  return result;
}

net::Task<std::int32_t> Attempt::resume_sign() {
  auto resume = [this](std::uint32_t reason) {
    call_.enter(Phase::sign, &context_);
    return endpoint_.provider->on_async(context_.provider_context, call_, reason);
  };
  co_return co_await policies_.resumed(HG_PAUSE, resume);
}

// Of a provider. Answers that are read here would be coded for nothing. Those that pass may come in
// whatever coding the client takes, and may be read here all the same where they are errors.
std::string Attempt::accepted_coding() const {
  const bool read = request_.dialect.route != nullptr;
  const auto accepted = read ? std::nullopt : request_.headers.get("accept-encoding");
  std::string known = accepted ? http::decodable_of(*accepted) : std::string();
  if (known.empty()) known = "identity";
  return known;
}

void Attempt::write_request() {
  head_text_.clear();
  head_text_.reserve(kHeadUsual);
  http::write_request_line(head_text_, context_.method, context_.target);
  http::write_known_header(head_text_, "host", endpoint_.authority);
  http::write_headers(head_text_, context_.headers);
  if (endpoint_.provider) {
    http::write_known_header(head_text_, "accept-encoding", accepted_coding());
  }
  const std::size_t length = context_.body.size();
  if (length > 0 || context_.method == "POST" || context_.method == "PUT" ||
      context_.method == "PATCH") {
    http::write_header(head_text_, "content-length", length);
  }
  http::write_head_end(head_text_);
}

TimePoint Attempt::first_answer_deadline() const {
  const config::TimeoutConfig& timeout = endpoint_.timeout;
  TimePoint until = sent_ + (request_.facets.stream ? timeout.first_token_timeout
                                                    : milliseconds(kWholeAnswerTimeout));
  if (timeout.backend_request_timeout) {
    const TimePoint attempt_end = started_ + *timeout.backend_request_timeout;
    until = request_.facets.stream ? std::min(until, attempt_end) : attempt_end;
  }
  return request_.deadline ? std::min(until, *request_.deadline) : until;
}

// Connects and sends; once more on a fresh connection if the one that waited turns out to be dead.
net::Task<Attempt::MaybeFailure> Attempt::send() {
  MaybeFailure problem;
  write_request();
  for (bool fresh = false;; fresh = true) {
    if (!fresh) connection_ = request_.worker.pool.take_idle(*endpoint_.target);
    if (!connection_) problem = co_await connect();
    if (!problem && over()) {
      problem = failure(FailureKind::transport, "client_gone", "was cancelled");
    }
    if (problem) co_return problem;

    net::ErrorCode error;
    send_at_once();
    tell_footprint(HEADGATE_FRAME);
    if (!pieces_.empty()) error = co_await connection_->stream().write(pieces_);
    // An upstream may answer before it has read everything and then close: what it said counts.
    bool came = false;
    if (!error || (!deadline_.expired() && !over())) {
      came = take_head_if_there(problem);
      while (!came && !problem) {
        const net::ReadResult read = co_await read_more();
        if (took(read)) {
          came = take_head_if_there(problem);
        } else {
          problem = read_failure();
        }
      }
    }
    if (error) {
      if (!came || deadline_.expired() || over()) {
        read_error_ = error;
        problem = read_failure();
      }
      context_.head.keep_alive = false;
    }
    if (!problem || !may_try_fresh()) co_return problem;
    problem.reset();
    connection_.reset();
  }
}

net::Task<Attempt::MaybeFailure> Attempt::connect() {
  TimePoint until = request_.worker.worker.clock().now() + endpoint_.connect_timeout;
  if (request_.deadline) until = std::min(until, *request_.deadline);
  const upstream::AcquireOptions options(until, true, &connecting_);
  auto acquired = co_await request_.worker.pool.acquire(*endpoint_.target, options);
  if (!acquired) {
    co_return failure(FailureKind::connect, acquired.error().code,
                      "could not be reached: " + acquired.error().message);
  }
  connection_ = std::move(*acquired);
  co_return std::nullopt;
}

// Sends what goes without waiting; pieces_ are what is left then.
void Attempt::send_at_once() {
  pieces_.clear();
  pieces_.reserve(kPiecesUsual);
  pieces_.push_back(head_text_);
  context_.body.append_pieces(pieces_);
  context_.head.clear();
  sent_ = request_.worker.worker.clock().now();
  bytes_received_ = 0;
  deadline_.arm(first_answer_deadline());
  net::drop_front(pieces_, connection_->stream().write_at_once(pieces_));
}

// What the answer will be served with. `frame` is of the coroutine that waits for it.
void Attempt::tell_footprint(net::Footprint::Piece frame) {
  net::Footprint footprint;
  footprint.add(frame);
  footprint.add(frame_);
  footprint.add(*connection_);
  footprint.add(*this);
  footprint.add(request_.memory.try_endpoints);
  footprint.add(request_.memory.run);
  footprint.add(request_.memory.front);
  const std::string_view texts = request_.arena.own_used();
  footprint.add(texts.data(), texts.size());
  footprint.add(request_.memory.rest);
  footprint.add(request_.head.method.data(), kLoggedOfHead);
  client_.add_to(footprint);
  connection_->stream().set_footprint(footprint);
}

// The connection may have been closed while it waited, before the request came.
bool Attempt::may_try_fresh() const {
  if (deadline_.expired() || over()) return false;
  return upstream::stale_retry_allowed(*connection_, bytes_received_, read_error_);
}

// True when the head of the answer is there, and taken. What is wrong with it is in `problem`.
bool Attempt::take_head_if_there(MaybeFailure& problem) {
  static constexpr http::HeadLimits kLimits;
  ReadBuffer& buffer = connection_->buffer();
  while (!buffer.empty()) {
    http::ParseStep step =
        http::parse_response_head(buffer.data(), kLimits, context_.method == "HEAD", context_.head);
    if (step.status == http::ParseStatus::need_more) return false;
    if (step.status == http::ParseStatus::failed) {
      problem = failure(FailureKind::bad_answer, "upstream_bad_response",
                        "sent no valid answer: " + step.error->message);
      return false;
    }
    if (!context_.head.informational()) {
      take_head(step.consumed);
      return true;
    }
    buffer.consume(step.consumed);
    context_.head.clear();
  }
  return false;
}

// Keeps what is needed of the head; its bytes make room for the body.
void Attempt::take_head(std::size_t bytes) {
  const http::HopByHop hop(context_.head);
  context_.response_headers.clear();
  // Copied, because the buffer moves on: all at once.
  const std::string_view head = connection_->buffer().data().substr(0, bytes);
  context_.head.rebase(head.data(), request_.arena.copy(head).data());
  for (const http::Header& header : context_.head.headers) {
    if (http::equals_ignoring_case(header.name, "content-type")) {
      content_type_ = without_parameters(header.value);
      std::transform(content_type_.begin(), content_type_.end(), content_type_.begin(), lower);
    } else if (http::equals_ignoring_case(header.name, "content-encoding") &&
               !http::equals_ignoring_case(header.value, "identity")) {
      content_encoding_ = header.value;
    }
    if (hop.ends_here(header.name) || stays_here(header.name)) continue;
    context_.response_headers.add_view(header.name, header.value);  // the parser has checked them
  }
  const http::BodyLimits limits;
  framing_ = http::response_body(context_.head, context_.method == "HEAD", limits);
  body_complete_ = framing_.done();
  connection_->buffer().consume(bytes);
}

}  // namespace headgate::exchange
