#pragma once
// What the admin listener answers, without any socket: a function from a request and the sources of
// its data to a response. Called on the control thread, one call at a time. [control]

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/admin/select_query.hpp"
#include "core/base/error.hpp"
#include "core/observe/metrics.hpp"

namespace headgate::admin {

// What a listener serves; several may be added up.
enum class AdminScope : std::uint8_t {
  none = 0,
  admin = 1,      // state and reload
  stats = 2,      // /metrics
  readiness = 4,  // /healthz/*
  all = 7
};
constexpr AdminScope operator|(AdminScope a, AdminScope b) {
  return static_cast<AdminScope>(static_cast<int>(a) | static_cast<int>(b));
}
constexpr bool serves(AdminScope all, AdminScope one) {
  return (static_cast<int>(all) & static_cast<int>(one)) != 0;
}

enum class Readiness : std::uint8_t { starting, ready, draining };

class AdminResponse {
 public:
  AdminResponse(int status, std::string_view content_type, std::string body)
      : status(status), content_type(content_type), body(std::move(body)) {}

  int status;
  std::string_view content_type;  // static storage
  std::string body;               // for HEAD too, which is sent its length only
  std::string_view allow;         // static storage; of a 405
};

// The gateway as it is now. Texts are JSON and hold no secret.
class StateSource {
 public:
  virtual ~StateSource() = default;
  virtual std::string routes_json() = 0;
  virtual std::string endpoints_json() = 0;
  virtual std::string budgets_json() = 0;
  // What would become of a request; JSON, or text if it asks for that.
  virtual AdminResponse select_page(const SelectQuery& query) = 0;
};

// Where answers come from. Whatever is not set is answered 404.
class AdminSources {
 public:
  observe::MetricRegistry* metrics = nullptr;  // must outlive the server
  StateSource* state = nullptr;                // likewise
  // Readiness must fail first when the gateway drains.
  std::function<Readiness()> readiness;
  // Loads the configuration again; returns when it is taken over, or why it was refused.
  std::function<Result<void>()> reload;
  // Host names under which the admin listener may be called, besides addresses and localhost.
  std::vector<std::string> hosts;
};

// Views into the request's head.
class AdminRequest {
 public:
  std::string_view method;
  std::string_view target;
  std::string_view authority;   // Host
  std::string_view accept;      // of the index: HTML if it asks for that
  std::string_view origin;      // Origin
  std::string_view fetch_site;  // Sec-Fetch-Site
  bool local_socket = false;    // came over a unix socket, which no browser can reach
};

AdminResponse handle(const AdminRequest& request, const AdminSources& sources, AdminScope scope);

inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kTextType = "text/plain; charset=utf-8";

// An error as every admin error looks: {"error":{"code":...,"message":...}}
AdminResponse error_response(int status, std::string_view code, std::string_view message);

}  // namespace headgate::admin
