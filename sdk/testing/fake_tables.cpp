#include "fake_tables.hpp"

#include <headgate/credential.h>
#include <headgate/crypto.h>
#include <headgate/json.h>
#include <headgate/llm.h>
#include <headgate/message.h>
#include <headgate/metrics.h>
#include <headgate/shared.h>
#include <headgate/stream.h>
#include <headgate/json_view.hpp>

#include <algorithm>
#include <cstring>
#include <random>

#include "fake_call.hpp"
#include "fake_json.hpp"
#include "sha256.hpp"

using hg::view;
using hg::testing::FakeCredential;
using hg::testing::FakeMessage;
using hg::testing::Phase;
using hg::testing::same_name;

// Functions of the tables that need the private parts of hg_call.
struct FakeTables {
  static void* allocate(hg_call* call, std::size_t bytes, std::size_t alignment) noexcept {
    const bool power = alignment != 0 && (alignment & (alignment - 1)) == 0 && alignment <= 16;
    if (call->enter() != HG_OK || !power || bytes > call->memory_left) return nullptr;
    if (call->phase == Phase::background) return nullptr;
    call->memory_left -= bytes;
    call->memory_.push_back(std::make_unique<char[]>(bytes));  // new gives 16-byte alignment
    return call->memory_.back().get();
  }

  static std::int32_t facets(hg_call* call, hg_facets* out) noexcept {
    if (const std::int32_t code = call->enter(); code != HG_OK) return code;
    const hg::JsonView body(call->request().body);
    hg_facets full{};
    full.size = out->size;
    full.stream = body["stream"].boolean().value_or(false) ? 1 : 0;
    full.dialect = call->lend(call->dialect);
    full.operation = call->lend(call->operation);
    full.model = call->lend(call->client_model());
    full.client_model = call->lend(call->first_model_);
    auto limit = body["max_completion_tokens"].unsigned_integer();
    if (!limit) limit = body["max_tokens"].unsigned_integer();
    full.max_tokens = limit.value_or(HG_UNKNOWN_COUNT);
    std::memcpy(out, &full, std::min<std::size_t>(out->size, sizeof full));
    return HG_OK;
  }
};

namespace {

bool is_token(std::string_view name) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  });
}

bool is_connection_level(std::string_view name) {
  for (const std::string_view other :
       {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "upgrade", "te",
        "trailer", "proxy-connection"})
    if (same_name(name, other)) return true;
  return false;
}

hg_str method(hg_call* call, std::uint32_t message) noexcept {
  return message < 2 ? call->lend(call->messages[message].method) : hg_str{};
}
hg_str target(hg_call* call, std::uint32_t message) noexcept {
  return message < 2 ? call->lend(call->messages[message].target) : hg_str{};
}
std::int32_t set_line(hg_call* call, std::uint32_t message, hg_str method_text,
                      hg_str target_text) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  if (message != HG_UPSTREAM || !call->may_write(message, false)) return HG_DENIED;
  if (!is_token(view(method_text)) || view(target_text).substr(0, 1) != "/") return HG_INVALID;
  call->upstream().method = view(method_text);
  call->upstream().target = view(target_text);
  return HG_OK;
}
std::uint32_t status(hg_call* call) noexcept {
  return call->response().status;
}

std::int32_t header_at(hg_call* call, std::uint32_t message, std::size_t index, hg_str* name,
                       hg_str* value) noexcept {
  if (message > 2) return HG_INVALID;
  const auto& headers = call->messages[message].headers;
  if (index >= headers.size()) return HG_NOT_FOUND;
  *name = call->lend(headers[index].first);
  *value = call->lend(headers[index].second);
  return HG_OK;
}
std::int32_t header_get(hg_call* call, std::uint32_t message, hg_str name, hg_str* value) noexcept {
  if (message > 2) return HG_INVALID;
  for (const auto& [key, text] : call->messages[message].headers) {
    if (!same_name(key, view(name))) continue;
    *value = call->lend(text);
    return HG_OK;
  }
  return HG_NOT_FOUND;
}
std::int32_t check_header(hg_call* call, std::uint32_t message, hg_str name,
                          hg_str value) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  if (message > 2 || !call->may_write(message, false)) return HG_DENIED;
  if (!is_token(view(name)) || !is_field_value(view(value)) || is_connection_level(view(name)))
    return HG_INVALID;
  return HG_OK;
}
std::int32_t erase_header(hg_call* call, std::uint32_t message, std::string_view name) {
  auto& headers = call->messages[message].headers;
  const std::size_t before = headers.size();
  headers.erase(std::remove_if(headers.begin(), headers.end(),
                               [&](const auto& header) { return same_name(header.first, name); }),
                headers.end());
  return headers.size() == before ? HG_NOT_FOUND : HG_OK;
}
std::int32_t header_add(hg_call* call, std::uint32_t message, hg_str name, hg_str value) noexcept {
  const std::int32_t code = check_header(call, message, name, value);
  if (code == HG_OK) call->messages[message].headers.emplace_back(view(name), view(value));
  return code;
}
std::int32_t header_set(hg_call* call, std::uint32_t message, hg_str name, hg_str value) noexcept {
  const std::int32_t code = check_header(call, message, name, value);
  if (code != HG_OK) return code;
  erase_header(call, message, view(name));
  call->messages[message].headers.emplace_back(view(name), view(value));
  return HG_OK;
}
std::int32_t header_remove(hg_call* call, std::uint32_t message, hg_str name) noexcept {
  const std::int32_t code = check_header(call, message, name, {});
  return code == HG_OK ? erase_header(call, message, view(name)) : code;
}

hg_str body(hg_call* call, std::uint32_t message) noexcept {
  return message < 3 ? call->lend(call->messages[message].body) : hg_str{};
}
std::int32_t set_body(hg_call* call, std::uint32_t message, hg_str bytes) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  if (message > 2 || !call->may_write(message, true)) return HG_DENIED;
  call->messages[message].body = view(bytes);
  return HG_OK;
}
std::int32_t give_body(hg_call* call, std::uint32_t message, hg_str bytes,
                       void (*release)(void*) noexcept, void* context) noexcept {
  const std::int32_t code = set_body(call, message, bytes);
  release(context);
  return code;
}
std::int32_t share_body(hg_call* call) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  if (!call->may_write(HG_UPSTREAM, true)) return HG_DENIED;
  call->upstream().body = call->request().body;
  return HG_OK;
}

std::int32_t attribute_get(hg_call* call, hg_str name, hg_str* json) noexcept {
  const auto found = call->attributes.find(std::string(view(name)));
  if (found == call->attributes.end()) return HG_NOT_FOUND;
  *json = call->lend(found->second);
  return HG_OK;
}
std::int32_t attribute_set(hg_call* call, hg_str name, hg_str json) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  if (!hg::JsonView::valid(view(json))) return HG_INVALID;
  if (call->attributes.size() >= 64) return HG_LIMIT;
  call->attributes[std::string(view(name))] = view(json);
  return HG_OK;
}

std::int32_t respond_error(hg_call* call, std::uint32_t code, hg_str word,
                           hg_str message) noexcept {
  if (const std::int32_t result = call->enter(); result != HG_OK) return result;
  if (code < 400 || code > 599 || view(word).empty()) return HG_INVALID;
  call->answer.emplace();
  call->answer->status = code;
  call->answer->code = view(word);
  call->answer->message = view(message);
  return HG_OK;
}

std::int32_t respond_error_at(hg_call* call, std::uint32_t code, hg_str word, hg_str message,
                              hg_str member) noexcept {
  const std::int32_t result = respond_error(call, code, word, message);
  if (result == HG_OK) call->answer->member = view(member);
  return result;
}
std::int32_t respond(hg_call* call, std::uint32_t code, hg_str content_type,
                     hg_str bytes) noexcept {
  if (const std::int32_t result = call->enter(); result != HG_OK) return result;
  if (code < 200 || code > 599 || (view(content_type).empty() && !view(bytes).empty()))
    return HG_INVALID;
  call->answer.emplace();
  call->answer->status = code;
  call->answer->content_type = view(content_type);
  call->answer->body = view(bytes);
  return HG_OK;
}

std::int32_t json_get(hg_call* call, std::uint32_t message, hg_str pointer, hg_str* json) noexcept {
  if (message > 2 || !hg::JsonView::valid(call->messages[message].body)) return HG_INVALID;
  const hg::JsonView value = hg::JsonView(call->messages[message].body).at(view(pointer));
  if (!value.exists()) return HG_NOT_FOUND;
  *json = call->lend(value.raw());
  return HG_OK;
}
std::int32_t json_set(hg_call* call, std::uint32_t message, hg_str pointer, hg_str json) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  if (message > 2 || !call->may_write(message, true)) return HG_DENIED;
  return hg::testing::json_set(call->messages[message].body, view(pointer), view(json));
}
std::int32_t json_remove(hg_call* call, std::uint32_t message, hg_str pointer) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  if (message > 2 || !call->may_write(message, true)) return HG_DENIED;
  return hg::testing::json_remove(call->messages[message].body, view(pointer));
}
std::int32_t json_holds_reserved(hg_call* call, std::uint32_t message) noexcept {
  if (message > 2 || !hg::JsonView::valid(call->messages[message].body)) return HG_INVALID;
  return hg::testing::json_holds_reserved(call->messages[message].body) ? HG_OK : HG_NOT_FOUND;
}
std::int32_t json_text(hg_call* call, hg_str json, hg_str* decoded) noexcept {
  const auto text = hg::JsonView(view(json)).text();
  if (!text) return HG_INVALID;
  *decoded = call->lend(*text);
  return HG_OK;
}
hg_str json_quote(hg_call* call, hg_str text) noexcept {
  return call->lend(hg::testing::json_quote(view(text)));
}

std::int32_t set_model(hg_call* call, std::uint32_t message, hg_str model) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  if (message > 1 || !call->may_write(message, true)) return HG_DENIED;
  if (!call->path_model.empty()) {
    call->path_model = view(model);
    return HG_OK;
  }
  if (!hg::JsonView(call->messages[message].body)["model"].exists()) return HG_INVALID;
  return hg::testing::json_set(call->messages[message].body, "/model",
                               hg::testing::json_quote(view(model)));
}
std::int32_t report_usage(hg_call* call, const hg_usage* usage) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  const auto take = [](std::optional<std::uint64_t>& into, std::uint64_t count) {
    if (count != HG_UNKNOWN_COUNT) into = count;
  };
  take(call->usage.input, usage->input);
  take(call->usage.output, usage->output);
  take(call->usage.cache_read, usage->cache_read);
  take(call->usage.cache_write, usage->cache_write);
  take(call->usage.reasoning, usage->reasoning);
  return HG_OK;
}
std::int32_t model_at(hg_call* call, std::size_t index, hg_str* model, hg_str* owner) noexcept {
  if (index >= call->models.size()) return HG_NOT_FOUND;
  *model = call->lend(call->models[index].first);
  *owner = call->lend(call->models[index].second);
  return HG_OK;
}

std::int32_t emit(hg_call* call, hg_str type, hg_str data) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  switch (call->phase) {
    case Phase::event:
    case Phase::body:
    case Phase::end:
    case Phase::error:
      break;
    default:
      return HG_DENIED;
  }
  call->emitted.push_back({std::string(view(type)), std::string(view(data))});
  return HG_OK;
}

FakeCredential copy_of(const hg_credential* credential) {
  FakeCredential copy;
  copy.kind = credential->kind;
  copy.value = view(credential->value);
  copy.place = credential->place;
  copy.name = view(credential->name);
  copy.prefix = view(credential->prefix);
  return copy;
}
std::int32_t credential_set(hg_call* call, const hg_credential* credential) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  if (call->phase != Phase::attempt) return HG_DENIED;
  if (credential->place > HG_PLACE_COOKIE) return HG_INVALID;
  call->credential = copy_of(credential);
  return HG_OK;
}
std::int32_t credential_consume(hg_call* call, hg_str header) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  if (call->phase != Phase::request) return HG_DENIED;
  call->consumed = view(header);
  return HG_OK;
}
std::int32_t credential_place(hg_call* call, const hg_credential* credential) noexcept {
  if (const std::int32_t code = call->enter(); code != HG_OK) return code;
  if (call->phase != Phase::sign) return HG_DENIED;
  call->placed = copy_of(credential);
  return HG_OK;
}

void crypto_sha256(hg_str bytes, std::uint8_t out[32]) noexcept {
  const auto hash = hg::testing::sha256(view(bytes));
  std::copy(hash.begin(), hash.end(), out);
}
void crypto_hmac(hg_str key, hg_str bytes, std::uint8_t out[32]) noexcept {
  const auto hash = hg::testing::hmac_sha256(view(key), view(bytes));
  std::copy(hash.begin(), hash.end(), out);
}
std::int32_t crypto_equal(hg_str a, hg_str b) noexcept {
  return view(a) == view(b) ? 1 : 0;
}
std::int32_t crypto_random(std::uint8_t* out, std::size_t bytes) noexcept {
  std::random_device device;
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<std::uint8_t>(device());
  return HG_OK;
}

constexpr hg_message_ext kMessageTable = {HG_END_OF(hg_message_ext, respond_error_at),
                                          0,
                                          method,
                                          target,
                                          set_line,
                                          status,
                                          header_at,
                                          header_get,
                                          header_set,
                                          header_add,
                                          header_remove,
                                          body,
                                          set_body,
                                          give_body,
                                          share_body,
                                          attribute_get,
                                          attribute_set,
                                          FakeTables::allocate,
                                          respond_error,
                                          respond,
                                          respond_error_at};
constexpr hg_json_ext kJsonTable = {HG_END_OF(hg_json_ext, holds_reserved),
                                    0,
                                    json_get,
                                    json_set,
                                    json_remove,
                                    json_text,
                                    json_quote,
                                    json_holds_reserved};
constexpr hg_llm_ext kLlmTable = {
    HG_END_OF(hg_llm_ext, model_at), 0, FakeTables::facets, set_model, report_usage, model_at};
constexpr hg_stream_ext kStreamTable = {HG_END_OF(hg_stream_ext, emit), 0, emit};
constexpr hg_credential_ext kCredentialTable = {
    HG_END_OF(hg_credential_ext, place), 0, credential_set, credential_consume, credential_place};
constexpr hg_crypto_ext kCryptoTable = {
    HG_END_OF(hg_crypto_ext, random), 0, crypto_sha256, crypto_hmac, crypto_equal, crypto_random};

}  // namespace

namespace hg::testing {

const void* call_table(std::string_view id) {
  if (id == HG_EXT_MESSAGE) return &kMessageTable;
  if (id == HG_EXT_JSON) return &kJsonTable;
  if (id == HG_EXT_LLM) return &kLlmTable;
  if (id == HG_EXT_STREAM) return &kStreamTable;
  if (id == HG_EXT_CREDENTIAL) return &kCredentialTable;
  if (id == HG_EXT_CRYPTO) return &kCryptoTable;
  if (id == HG_EXT_METRICS) return metrics_table();
  if (id == HG_EXT_SHARED) return shared_table();
  return nullptr;
}

}  // namespace hg::testing
