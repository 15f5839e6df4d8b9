// hg.message/1

#include "core/plugin/tables.hpp"

namespace headgate::plugin {

namespace {

constexpr std::size_t kAlignmentMax = 16;

hg_str method(hg_call* call, std::uint32_t message) noexcept {
  expect_own(call, "method");
  return valid_message(message) ? str(call->method(message)) : hg_str{};
}

hg_str target(hg_call* call, std::uint32_t message) noexcept {
  expect_own(call, "target");
  return valid_message(message) ? str(call->target(message)) : hg_str{};
}

std::int32_t set_line(hg_call* call, std::uint32_t message, hg_str method, hg_str target) noexcept {
  expect_own(call, "set_line");
  if (!valid_message(message) || !valid(method) || !valid(target)) return HG_INVALID;
  if (method.len == 0 || !view(target).starts_with('/')) return HG_INVALID;
  return call->set_line(message, view(method), view(target));
}

std::uint32_t status(hg_call* call) noexcept {
  expect_own(call, "status");
  return call->status();
}

std::int32_t header_at(hg_call* call, std::uint32_t message, std::size_t index, hg_str* name,
                       hg_str* value) noexcept {
  expect_own(call, "header_at");
  if (!valid_message(message) || name == nullptr || value == nullptr) return HG_INVALID;
  std::string_view found_name;
  std::string_view found_value;
  const std::int32_t result = call->header_at(message, index, found_name, found_value);
  *name = str(found_name);
  *value = str(found_value);
  return result;
}

std::int32_t header_get(hg_call* call, std::uint32_t message, hg_str name, hg_str* value) noexcept {
  expect_own(call, "header_get");
  if (!valid_message(message) || !valid(name) || value == nullptr) return HG_INVALID;
  std::string_view found;
  const std::int32_t result = call->header_get(message, view(name), found);
  *value = str(found);
  return result;
}

std::int32_t header_set(hg_call* call, std::uint32_t message, hg_str name, hg_str value) noexcept {
  expect_own(call, "header_set");
  if (!valid_message(message) || !valid(name) || !valid(value)) return HG_INVALID;
  return call->header_set(message, view(name), view(value));
}

std::int32_t header_add(hg_call* call, std::uint32_t message, hg_str name, hg_str value) noexcept {
  expect_own(call, "header_add");
  if (!valid_message(message) || !valid(name) || !valid(value)) return HG_INVALID;
  return call->header_add(message, view(name), view(value));
}

std::int32_t header_remove(hg_call* call, std::uint32_t message, hg_str name) noexcept {
  expect_own(call, "header_remove");
  if (!valid_message(message) || !valid(name)) return HG_INVALID;
  return call->header_remove(message, view(name));
}

hg_str body(hg_call* call, std::uint32_t message) noexcept {
  expect_own(call, "body");
  return valid_message(message) ? str(call->body(message)) : hg_str{};
}

std::int32_t set_body(hg_call* call, std::uint32_t message, hg_str bytes) noexcept {
  expect_own(call, "set_body");
  if (!valid_message(message) || !valid(bytes)) return HG_INVALID;
  return call->set_body(message, view(bytes));
}

void release_nothing(void*) noexcept {}

std::int32_t give_body(hg_call* call, std::uint32_t message, hg_str bytes,
                       void (*release)(void*) noexcept, void* context) noexcept {
  expect_own(call, "give_body");
  if (release == nullptr) release = release_nothing;
  if (!valid_message(message) || !valid(bytes)) {
    release(context);
    return HG_INVALID;
  }
  return call->give_body(message, view(bytes), release, context);
}

std::int32_t share_body(hg_call* call) noexcept {
  expect_own(call, "share_body");
  return call->share_body();
}

std::int32_t attribute_get(hg_call* call, hg_str name, hg_str* json) noexcept {
  expect_own(call, "attribute_get");
  if (!valid(name) || json == nullptr) return HG_INVALID;
  std::string_view found;
  const std::int32_t result = call->attribute_get(view(name), found);
  *json = str(found);
  return result;
}

std::int32_t attribute_set(hg_call* call, hg_str name, hg_str json) noexcept {
  expect_own(call, "attribute_set");
  if (!valid(name) || !valid(json) || name.len == 0) return HG_INVALID;
  return call->attribute_set(view(name), view(json));
}

void* allocate(hg_call* call, std::size_t bytes, std::size_t alignment) noexcept {
  expect_own(call, "allocate");
  const bool power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
  if (!power_of_two || alignment > kAlignmentMax) return nullptr;
  return call->allocate(bytes, alignment);
}

std::int32_t respond_error(hg_call* call, std::uint32_t status, hg_str code,
                           hg_str message) noexcept {
  expect_own(call, "respond_error");
  if (status < 400 || status > 599 || !valid(code) || !valid(message)) return HG_INVALID;
  return call->respond_error(status, view(code), view(message), {});
}

std::int32_t respond_error_at(hg_call* call, std::uint32_t status, hg_str code, hg_str message,
                              hg_str member) noexcept {
  expect_own(call, "respond_error_at");
  if (status < 400 || status > 599 || !valid(code) || !valid(message) || !valid(member)) {
    return HG_INVALID;
  }
  return call->respond_error(status, view(code), view(message), view(member));
}

std::int32_t respond(hg_call* call, std::uint32_t status, hg_str content_type,
                     hg_str body) noexcept {
  expect_own(call, "respond");
  if (status < 200 || status > 599 || !valid(content_type) || !valid(body)) return HG_INVALID;
  if (content_type.len == 0 && body.len != 0) return HG_INVALID;
  return call->respond(status, view(content_type), view(body));
}

}  // namespace

const hg_message_ext kMessageTable = {
    .size = HG_END_OF(hg_message_ext, respond_error_at),
    .reserved = 0,
    .method = method,
    .target = target,
    .set_line = set_line,
    .status = status,
    .header_at = header_at,
    .header_get = header_get,
    .header_set = header_set,
    .header_add = header_add,
    .header_remove = header_remove,
    .body = body,
    .set_body = set_body,
    .give_body = give_body,
    .share_body = share_body,
    .attribute_get = attribute_get,
    .attribute_set = attribute_set,
    .allocate = allocate,
    .respond_error = respond_error,
    .respond = respond,
    .respond_error_at = respond_error_at,
};

}  // namespace headgate::plugin
