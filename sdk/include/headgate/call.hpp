#pragma once
// One client request, typed: what hg_call and the tables of message.h, json.h, llm.h, stream.h and
// credential.h offer, without pointers and return codes. Everything here is [worker] and valid
// inside the callback that got the Call; views stay valid until that callback returns.
//
// Setters return false where the argument is not of the right form or there is nothing to set.
// Passing a bound of the gateway, and writing where the phase does not allow it, cannot get lost:
// the callback's result then becomes Action::abort whatever the author returned.

#include <headgate/host.hpp>
#include <headgate/http.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hg {

// What a callback returns.
enum class Action : std::int32_t {
  proceed = HG_CONTINUE,   // go on; the thing at hand passes as it is
  stop = HG_STOP,          // the request ends with what respond() or respond_error() recorded
  replaced = HG_REPLACED,  // what was emitted stands in the event's place, also if nothing was
  abort = HG_ABORT,        // this attempt (provider) or request (others) cannot go on
  pause = HG_PAUSE         // on_async goes on; after wait() or http()
};

// Flags of an event, HG_EVENT_*.
using EventFlags = std::uint32_t;

inline std::optional<std::uint64_t> known(std::uint64_t count) noexcept {
  return count == HG_UNKNOWN_COUNT ? std::nullopt : std::optional<std::uint64_t>(count);
}
inline std::uint64_t or_unknown(const std::optional<std::uint64_t>& count) noexcept {
  return count.value_or(HG_UNKNOWN_COUNT);
}

// Tokens of one answer; llm.h says what counts in which.
struct Usage {
  std::optional<std::uint64_t> input;
  std::optional<std::uint64_t> output;
  std::optional<std::uint64_t> cache_read;
  std::optional<std::uint64_t> cache_write;
  std::optional<std::uint64_t> reasoning;
};

// What a request asks for, whatever its API format.
struct Facets {
  bool stream = false;
  std::string_view dialect;
  std::string_view operation;
  std::string_view model;
  std::string_view client_model;
  std::optional<std::uint64_t> max_tokens;
};

enum class CredentialKind : std::uint32_t {
  none = HG_CREDENTIAL_NONE,
  key = HG_CREDENTIAL_KEY,
  client = HG_CREDENTIAL_CLIENT,
  cloud = HG_CREDENTIAL_CLOUD
};
enum class Place : std::uint32_t {
  standard = HG_PLACE_DEFAULT,
  header = HG_PLACE_HEADER,
  query = HG_PLACE_QUERY,
  cookie = HG_PLACE_COOKIE
};
struct Credential {
  CredentialKind kind = CredentialKind::none;
  std::string_view value;
  Place place = Place::standard;
  std::string_view name;
  std::string_view prefix;
};

struct NamedModel {
  std::string_view model;
  std::string_view owner;  // the provider's configured name
};

class Call;

// One of the messages of a call: call.request(), call.upstream(), call.response().
class Message {
 public:
  Message(Call& call, std::uint32_t which) noexcept : call_(call), which_(which) {}

  std::string_view method() const noexcept;
  std::string_view target() const noexcept;  // path with query
  bool set_line(std::string_view method, std::string_view target) noexcept;

  std::optional<std::string_view> header(std::string_view name) const noexcept;
  bool set_header(std::string_view name, std::string_view value) noexcept;
  bool add_header(std::string_view name, std::string_view value) noexcept;
  bool remove_header(std::string_view name) noexcept;
  // Calls visit(name, value) for each header in order.
  template <class Visit>
  void each_header(Visit&& visit) const;

  std::string_view body() const noexcept;
  bool set_body(std::string_view bytes) noexcept;
  // Gives the bytes away without a copy.
  bool give_body(std::string bytes);
  // The upstream message gets the client's body, uncopied.
  bool share_body() noexcept;

  // JSON text at an RFC 6901 pointer of the body; nothing when there is none or it is not JSON.
  std::optional<std::string_view> json(std::string_view pointer) const noexcept;
  // The decoded string at `pointer`; nothing when it is not a string.
  std::optional<std::string_view> text(std::string_view pointer) const noexcept;
  bool set_json(std::string_view pointer, std::string_view json) noexcept;
  bool set_text(std::string_view pointer, std::string_view text) noexcept;
  bool remove_json(std::string_view pointer) noexcept;
  // Whether an object in the body, itself included, has a member "headgate", which no upstream may
  // get. A gateway that cannot tell says yes.
  bool holds_reserved() const noexcept;

  bool set_model(std::string_view model) noexcept;

 private:
  Call& call_;
  std::uint32_t which_;
};

class Call {
 public:
  explicit Call(hg_call* raw) noexcept : raw_(raw) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Message request() noexcept { return Message(*this, HG_REQUEST); }
  Message upstream() noexcept { return Message(*this, HG_UPSTREAM); }
  Message response() noexcept { return Message(*this, HG_RESPONSE); }
  std::uint32_t status() const noexcept { return host().message->status(raw_); }

  // Records the answer; returns what the callback is to return: stop.
  Action respond(std::uint32_t status, std::string_view content_type,
                 std::string_view body) noexcept {
    check(host().message->respond(raw_, status, str(content_type), str(body)));
    return Action::stop;
  }
  // The same with an error in the client's own format. `code` is a stable word; `member` is what is
  // at fault in the request, as its users write it: "messages[2].content".
  Action respond_error(std::uint32_t status, std::string_view code, std::string_view message,
                       std::string_view member = {}) noexcept {
    const hg_message_ext& table = *host().message;
    if (!member.empty() && HG_HAS(&table, hg_message_ext, respond_error_at)) {
      check(table.respond_error_at(raw_, status, str(code), str(message), str(member)));
    } else {
      check(table.respond_error(raw_, status, str(code), str(message)));
    }
    return Action::stop;
  }
  // For a provider that cannot express the request; returns what build is to return: abort.
  Action refuse(std::uint32_t status, std::string_view code, std::string_view message,
                std::string_view member = {}) noexcept {
    respond_error(status, code, message, member);
    return Action::abort;
  }

  // Data between plugins: JSON text by name.
  std::optional<std::string_view> attribute(std::string_view name) const noexcept {
    hg_str json{};
    if (host().message->attribute_get(raw_, str(name), &json) != HG_OK) return std::nullopt;
    return view(json);
  }
  bool set_attribute(std::string_view name, std::string_view json) noexcept {
    return check(host().message->attribute_set(raw_, str(name), str(json)));
  }

  // Memory that lives as long as the call; nullptr beyond its bound. Never freed singly.
  void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) noexcept {
    void* memory = host().message->allocate(raw_, bytes, alignment);
    if (memory == nullptr) exceeded_ = true;
    return memory;
  }
  // A copy of `text` that lives as long as the call.
  std::string_view keep(std::string_view text) noexcept {
    if (text.empty()) return {};
    auto* copy = static_cast<char*>(allocate(text.size(), 1));
    if (copy == nullptr) return {};
    text.copy(copy, text.size());
    return {copy, text.size()};
  }

  // `text` as a JSON string with quotes and escapes.
  std::string_view quote(std::string_view text) noexcept {
    return view(host().json->quote(raw_, str(text)));
  }
  // The decoded text of a JSON string with its quotes.
  std::optional<std::string_view> decode(std::string_view json) const noexcept {
    hg_str text{};
    if (host().json->text(raw_, str(json), &text) != HG_OK) return std::nullopt;
    return view(text);
  }

  Facets facets() const noexcept {
    hg_facets raw{};
    raw.size = HG_END_OF(hg_facets, max_tokens);
    raw.max_tokens = HG_UNKNOWN_COUNT;
    host().llm->facets(raw_, &raw);
    Facets facets;
    facets.stream = raw.stream != 0;
    facets.dialect = view(raw.dialect);
    facets.operation = view(raw.operation);
    facets.model = view(raw.model);
    facets.client_model = view(raw.client_model);
    facets.max_tokens = known(raw.max_tokens);
    return facets;
  }
  bool report_usage(const Usage& usage) noexcept {
    hg_usage raw{};
    raw.size = HG_END_OF(hg_usage, reasoning);
    raw.input = or_unknown(usage.input);
    raw.output = or_unknown(usage.output);
    raw.cache_read = or_unknown(usage.cache_read);
    raw.cache_write = or_unknown(usage.cache_write);
    raw.reasoning = or_unknown(usage.reasoning);
    return check(host().llm->report_usage(raw_, &raw));
  }
  std::optional<NamedModel> model_at(std::size_t index) const noexcept {
    hg_str model{};
    hg_str owner{};
    if (host().llm->model_at(raw_, index, &model, &owner) != HG_OK) return std::nullopt;
    return NamedModel{view(model), view(owner)};
  }

  // Emits one event: the payload without framing.
  bool emit(std::string_view data) noexcept { return emit({}, data); }
  bool emit(std::string_view type, std::string_view data) noexcept {
    return check(host().stream->emit(raw_, str(type), str(data)));
  }

  // Need::kCredential.
  bool set_credential(const Credential& credential) noexcept {
    const hg_credential raw = to_raw(credential);
    return check(host().credential->set(raw_, &raw));
  }
  bool place_credential(const Credential& credential) noexcept {
    const hg_credential raw = to_raw(credential);
    return check(host().credential->place(raw_, &raw));
  }
  bool consume_credential(std::string_view header) noexcept {
    return check(host().credential->consume(raw_, str(header)));
  }

  // Need::kAsync. Starts the wait after which on_async is called; returns pause.
  Action wait(std::chrono::milliseconds time) noexcept {
    const auto count = time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count());
    return check(host().async->timer(raw_, count)) ? Action::pause : Action::abort;
  }

  // Need::kHttp. Begins an HTTP call, after which on_async is called with HG_ASYNC_HTTP, and
  // returns its id. Nothing where it cannot be begun: `why` is HG_NOT_FOUND when the configuration
  // does not name the upstream.
  std::optional<std::uint64_t> http(const HttpRequest& request, std::int32_t* why = nullptr) {
    std::vector<hg_http_header> headers;
    headers.reserve(request.headers.size());
    for (const HttpHeader& header : request.headers)
      headers.push_back(hg_http_header{str(header.name), str(header.value)});
    hg_http_request raw{};
    raw.size = HG_END_OF(hg_http_request, answer_bytes_max);
    raw.header_count = static_cast<std::uint32_t>(headers.size());
    raw.upstream = str(request.upstream);
    raw.method = str(request.method);
    raw.target = str(request.target);
    raw.headers = headers.data();
    raw.body = str(request.body);
    raw.timeout =
        request.timeout.count() < 0 ? 1 : static_cast<std::uint64_t>(request.timeout.count());
    raw.answer_bytes_max = request.answer_bytes_max;
    std::uint64_t id = 0;
    const std::int32_t result = host().async->http(raw_, &raw, &id);
    if (why != nullptr) *why = result;
    if (!check(result)) return std::nullopt;
    return id;
  }
  // In on_async with HG_ASYNC_HTTP: what the call ended with. Nothing anywhere else.
  std::optional<HttpAnswer> http_answer() const noexcept {
    hg_http_answer raw{};
    raw.size = HG_END_OF(hg_http_answer, error);
    if (host().async->http_answer(raw_, &raw) != HG_OK) return std::nullopt;
    return HttpAnswer(raw);
  }

  hg_call* raw() noexcept { return raw_; }

  // Whether a bound was passed or a phase violated; the wrapper turns the result into abort.
  bool failed_closed() const noexcept { return exceeded_; }

 private:
  friend class Message;

  static hg_credential to_raw(const Credential& credential) noexcept {
    hg_credential raw{};
    raw.size = HG_END_OF(hg_credential, prefix);
    raw.kind = static_cast<std::uint32_t>(credential.kind);
    raw.value = str(credential.value);
    raw.place = static_cast<std::uint32_t>(credential.place);
    raw.name = str(credential.name);
    raw.prefix = str(credential.prefix);
    return raw;
  }
  bool check(std::int32_t result) noexcept {
    if (result == HG_LIMIT || result == HG_DENIED) exceeded_ = true;
    return result == HG_OK;
  }

  hg_call* raw_;
  bool exceeded_ = false;
};

inline std::string_view Message::method() const noexcept {
  return view(host().message->method(call_.raw_, which_));
}
inline std::string_view Message::target() const noexcept {
  return view(host().message->target(call_.raw_, which_));
}
inline bool Message::set_line(std::string_view method, std::string_view target) noexcept {
  return call_.check(host().message->set_line(call_.raw_, which_, str(method), str(target)));
}
inline std::optional<std::string_view> Message::header(std::string_view name) const noexcept {
  hg_str value{};
  if (host().message->header_get(call_.raw_, which_, str(name), &value) != HG_OK)
    return std::nullopt;
  return view(value);
}
inline bool Message::set_header(std::string_view name, std::string_view value) noexcept {
  return call_.check(host().message->header_set(call_.raw_, which_, str(name), str(value)));
}
inline bool Message::add_header(std::string_view name, std::string_view value) noexcept {
  return call_.check(host().message->header_add(call_.raw_, which_, str(name), str(value)));
}
inline bool Message::remove_header(std::string_view name) noexcept {
  return call_.check(host().message->header_remove(call_.raw_, which_, str(name)));
}
template <class Visit>
void Message::each_header(Visit&& visit) const {
  hg_str name{};
  hg_str value{};
  for (std::size_t index = 0;
       host().message->header_at(call_.raw_, which_, index, &name, &value) == HG_OK; ++index)
    visit(view(name), view(value));
}
inline std::string_view Message::body() const noexcept {
  return view(host().message->body(call_.raw_, which_));
}
inline bool Message::set_body(std::string_view bytes) noexcept {
  return call_.check(host().message->set_body(call_.raw_, which_, str(bytes)));
}
inline bool Message::give_body(std::string bytes) {
  auto owned = std::make_unique<std::string>(std::move(bytes));
  std::string* given = owned.release();  // the gateway calls release exactly once, also on failure
  const auto release = [](void* context) noexcept { delete static_cast<std::string*>(context); };
  return call_.check(host().message->give_body(call_.raw_, which_, str(*given), release, given));
}
inline bool Message::share_body() noexcept {
  return call_.check(host().message->share_body(call_.raw_));
}
inline std::optional<std::string_view> Message::json(std::string_view pointer) const noexcept {
  hg_str value{};
  if (host().json->get(call_.raw_, which_, str(pointer), &value) != HG_OK) return std::nullopt;
  return view(value);
}
inline std::optional<std::string_view> Message::text(std::string_view pointer) const noexcept {
  const std::optional<std::string_view> value = json(pointer);
  return value ? call_.decode(*value) : std::nullopt;
}
inline bool Message::set_json(std::string_view pointer, std::string_view json) noexcept {
  return call_.check(host().json->set(call_.raw_, which_, str(pointer), str(json)));
}
inline bool Message::set_text(std::string_view pointer, std::string_view text) noexcept {
  return set_json(pointer, call_.quote(text));
}
inline bool Message::holds_reserved() const noexcept {
  const hg_json_ext& table = *host().json;
  if (!HG_HAS(&table, hg_json_ext, holds_reserved)) return true;
  return table.holds_reserved(call_.raw_, which_) == HG_OK;
}
inline bool Message::remove_json(std::string_view pointer) noexcept {
  return call_.check(host().json->remove(call_.raw_, which_, str(pointer)));
}
inline bool Message::set_model(std::string_view model) noexcept {
  return call_.check(host().llm->set_model(call_.raw_, which_, str(model)));
}

}  // namespace hg
