#pragma once
// An hg_call that writes down what it was asked and answers what it was told, and the services.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin/call.hpp"
#include "core/plugin/host.hpp"
#include "core/plugin/services.hpp"

namespace headgate::plugin {

class FakeCall final : public hg_call {
 public:
  std::vector<std::string> asked;    // "header_set 1 a b"
  std::int32_t result = HG_OK;       // of every function that has one
  std::string text = "text";         // that getters find
  std::string other_text = "other";  // the second of two
  hg_facets known_facets{};          // that facets() fills in
  hg_usage usage{};                  // last reported
  hg_credential credential{};        // last set or placed
  hg_http_request http_request{};    // last begun
  hg_http_answer known_answer{};     // that http_answer() gives

  std::string last() const { return asked.empty() ? "nothing" : asked.back(); }

  Text method(std::uint32_t message) override { return note("method", message), text; }
  Text target(std::uint32_t message) override { return note("target", message), text; }
  std::int32_t set_line(std::uint32_t message, Text method, Text target) override {
    return note("set_line", message, method, target);
  }
  std::uint32_t status() override { return note("status"), 418; }
  std::int32_t header_at(std::uint32_t message, std::size_t index, Text& name,
                         Text& value) override {
    name = text;
    value = other_text;
    return note("header_at", message, index);
  }
  std::int32_t header_get(std::uint32_t message, Text name, Text& value) override {
    value = text;
    return note("header_get", message, name);
  }
  std::int32_t header_set(std::uint32_t message, Text name, Text value) override {
    return note("header_set", message, name, value);
  }
  std::int32_t header_add(std::uint32_t message, Text name, Text value) override {
    return note("header_add", message, name, value);
  }
  std::int32_t header_remove(std::uint32_t message, Text name) override {
    return note("header_remove", message, name);
  }
  Text body(std::uint32_t message) override { return note("body", message), text; }
  std::int32_t set_body(std::uint32_t message, Text bytes) override {
    return note("set_body", message, bytes);
  }
  std::int32_t give_body(std::uint32_t message, Text bytes, void (*release)(void*) noexcept,
                         void* context) override {
    release(context);
    return note("give_body", message, bytes);
  }
  std::int32_t share_body() override { return note("share_body"); }
  std::int32_t attribute_get(Text name, Text& json) override {
    json = text;
    return note("attribute_get", name);
  }
  std::int32_t attribute_set(Text name, Text json) override {
    return note("attribute_set", name, json);
  }
  void* allocate(std::size_t bytes, std::size_t alignment) override {
    note("allocate", bytes, alignment);
    memory.push_back(std::make_unique<char[]>(bytes));
    return memory.back().get();
  }
  std::int32_t respond_error(std::uint32_t status, Text code, Text message, Text member) override {
    if (!member.empty()) return note("respond_error", status, code, message, member);
    return note("respond_error", status, code, message);
  }
  std::int32_t respond(std::uint32_t status, Text content_type, Text body) override {
    return note("respond", status, content_type, body);
  }
  std::int32_t json_get(std::uint32_t message, Text pointer, Text& json) override {
    json = text;
    return note("json_get", message, pointer);
  }
  std::int32_t json_set(std::uint32_t message, Text pointer, Text json) override {
    return note("json_set", message, pointer, json);
  }
  std::int32_t json_remove(std::uint32_t message, Text pointer) override {
    return note("json_remove", message, pointer);
  }
  std::int32_t json_holds_reserved(std::uint32_t message) override {
    return note("json_holds_reserved", message);
  }
  std::int32_t json_text(Text json, Text& decoded) override {
    decoded = text;
    return note("json_text", json);
  }
  Text json_quote(Text quoted) override { return note("json_quote", quoted), text; }
  std::int32_t facets(hg_facets& out) override {
    out = known_facets;
    return note("facets");
  }
  std::int32_t set_model(std::uint32_t message, Text model) override {
    return note("set_model", message, model);
  }
  std::int32_t report_usage(const hg_usage& reported) override {
    usage = reported;
    return note("report_usage");
  }
  std::int32_t model_at(std::size_t index, Text& model, Text& owner) override {
    model = text;
    owner = other_text;
    return note("model_at", index);
  }
  std::int32_t emit(Text type, Text data) override { return note("emit", type, data); }
  std::int32_t credential_set(const hg_credential& given) override {
    credential = given;
    return note("credential_set", view(given.value));
  }
  std::int32_t credential_consume(Text header) override {
    return note("credential_consume", header);
  }
  std::int32_t credential_place(const hg_credential& given) override {
    credential = given;
    return note("credential_place", view(given.value));
  }
  std::int32_t timer(std::uint64_t milliseconds) override { return note("timer", milliseconds); }
  std::uint64_t waker() override { return note("waker"), 4711; }
  std::int32_t http(const hg_http_request& request, std::uint64_t& id) override {
    id = 4712;
    http_request = request;
    return note("http", view(request.upstream), view(request.method), view(request.target),
                view(request.body), request.header_count, request.timeout,
                request.answer_bytes_max);
  }
  std::int32_t http_answer(hg_http_answer& answer) override {
    const std::uint32_t size = answer.size;
    answer = known_answer;
    answer.size = size;
    return note("http_answer");
  }

 private:
  static std::string written(std::string_view value) { return std::string(value); }
  static std::string written(std::uint64_t value) { return std::to_string(value); }

  template <class... Values>
  std::int32_t note(std::string name, const Values&... values) {
    ((name += " " + written(values)), ...);
    asked.push_back(std::move(name));
    return result;
  }

  std::vector<std::unique_ptr<char[]>> memory;
};

class FakeServices final : public Services {
 public:
  std::string asked;
  std::int32_t result = HG_OK;
  double health = 0;  // of the last eviction

  std::int32_t evict(const hg_eviction& order) override {
    asked = "evict " + std::to_string(order.endpoint) + " " + std::to_string(order.scope) + " " +
            std::to_string(order.milliseconds) + " " + std::to_string(order.max_percent) + " " +
            std::to_string(order.cause);
    health = order.restore_health;
    return result;
  }
  std::int32_t restore(std::uint64_t endpoint) override {
    asked = "restore " + std::to_string(endpoint);
    return result;
  }
  std::int32_t wake(std::uint64_t waker) override {
    asked = "wake " + std::to_string(waker);
    return result;
  }
  TimePoint now() override { return time; }
  TimePoint time{std::chrono::seconds(1000)};
};

// A table of the host's, as a plugin finds it.
template <class Table>
const Table& table_of(const hg_host* host, std::string_view id) {
  return *static_cast<const Table*>(host->extension(host, str(id)));
}

}  // namespace headgate::plugin
