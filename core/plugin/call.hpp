#pragma once
// What the gateway does for a plugin during one request: the C++ side of hg_call. The host tables
// (host_tables.cpp) turn each C function into one virtual call here; the exchange implements it.
//
// The comments of sdk/include/headgate/*.h are the contract. Here only what differs: views in,
// views out, HG_* codes back. All functions [worker]; none throws.

#include <headgate/abi.h>
#include <headgate/async.h>
#include <headgate/credential.h>
#include <headgate/dialect.h>
#include <headgate/llm.h>
#include <headgate/message.h>
#include <headgate/policy.h>
#include <headgate/provider.h>
#include <headgate/stream.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headgate::plugin {

// hg_str and string_view are the same thing with two names.
inline std::string_view view(hg_str text) {
  return {text.ptr, text.len};
}
inline hg_str str(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace headgate::plugin

// The opaque type of the C headers, made complete for the gateway.
struct hg_call {
  using Text = std::string_view;

  // hg.message/1
  virtual Text method(std::uint32_t message) = 0;
  virtual Text target(std::uint32_t message) = 0;
  virtual std::int32_t set_line(std::uint32_t message, Text method, Text target) = 0;
  virtual std::uint32_t status() = 0;
  virtual std::int32_t header_at(std::uint32_t message, std::size_t index, Text& name,
                                 Text& value) = 0;
  virtual std::int32_t header_get(std::uint32_t message, Text name, Text& value) = 0;
  virtual std::int32_t header_set(std::uint32_t message, Text name, Text value) = 0;
  virtual std::int32_t header_add(std::uint32_t message, Text name, Text value) = 0;
  virtual std::int32_t header_remove(std::uint32_t message, Text name) = 0;
  virtual Text body(std::uint32_t message) = 0;
  virtual std::int32_t set_body(std::uint32_t message, Text bytes) = 0;
  virtual std::int32_t give_body(std::uint32_t message, Text bytes, void (*release)(void*) noexcept,
                                 void* context) = 0;
  virtual std::int32_t share_body() = 0;
  virtual std::int32_t attribute_get(Text name, Text& json) = 0;
  virtual std::int32_t attribute_set(Text name, Text json) = 0;
  virtual void* allocate(std::size_t bytes, std::size_t alignment) = 0;
  virtual std::int32_t respond_error(std::uint32_t status, Text code, Text message,
                                     Text member) = 0;
  virtual std::int32_t respond(std::uint32_t status, Text content_type, Text body) = 0;

  // hg.json/1
  virtual std::int32_t json_get(std::uint32_t message, Text pointer, Text& json) = 0;
  virtual std::int32_t json_set(std::uint32_t message, Text pointer, Text json) = 0;
  virtual std::int32_t json_remove(std::uint32_t message, Text pointer) = 0;
  virtual std::int32_t json_holds_reserved(std::uint32_t message) = 0;
  virtual std::int32_t json_text(Text json, Text& decoded) = 0;
  virtual Text json_quote(Text text) = 0;

  // hg.llm/1
  virtual std::int32_t facets(hg_facets& out) = 0;  // fills every field; the table cuts to size
  virtual std::int32_t set_model(std::uint32_t message, Text model) = 0;
  virtual std::int32_t report_usage(
      const hg_usage& usage) = 0;  // whole: missing fields are unknown
  virtual std::int32_t model_at(std::size_t index, Text& model, Text& owner) = 0;

  // hg.stream/1
  virtual std::int32_t emit(Text type, Text data) = 0;

  // hg.credential/1
  virtual std::int32_t credential_set(const hg_credential& credential) = 0;
  virtual std::int32_t credential_consume(Text header) = 0;
  virtual std::int32_t credential_place(const hg_credential& credential) = 0;

  // hg.async/1
  virtual std::int32_t timer(std::uint64_t milliseconds) = 0;
  virtual std::uint64_t waker() = 0;
  // Whole: missing fields are zero.
  virtual std::int32_t http(const hg_http_request& request, std::uint64_t& id) = 0;
  virtual std::int32_t http_answer(hg_http_answer& answer) = 0;  // fills every field

 protected:
  ~hg_call() = default;  // nobody deletes a call through this type
};
