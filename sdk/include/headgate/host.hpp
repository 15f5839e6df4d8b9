#pragma once
// The gateway as a plugin in C++ sees it: its tables of functions, fetched once when the library is
// loaded, so that no call on the request path looks anything up or finds a table missing.

#include <headgate/abi.h>
#include <headgate/async.h>
#include <headgate/credential.h>
#include <headgate/crypto.h>
#include <headgate/endpoints.h>
#include <headgate/json.h>
#include <headgate/llm.h>
#include <headgate/message.h>
#include <headgate/metrics.h>
#include <headgate/shared.h>
#include <headgate/stream.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace hg {

inline std::string_view view(hg_str bytes) noexcept {
  return {bytes.ptr, bytes.len};
}
inline hg_str str(std::string_view bytes) noexcept {
  return {bytes.data(), bytes.size()};
}

// Host extensions that not every plugin needs. A plugin class names those that it uses:
//   static constexpr std::uint32_t kNeeds = hg::kEndpoints;
// A library whose needs the gateway does not meet is refused when it is loaded. The message, JSON,
// LLM and stream extensions are always needed.
enum Need : std::uint32_t {
  kCredential = 1u << 0,
  kEndpoints = 1u << 1,
  kCrypto = 1u << 2,
  kAsync = 1u << 3,
  kHttp = 1u << 4,  // kAsync, of a gateway that has HTTP calls
  kMetrics = 1u << 5,
  kShared = 1u << 6
};

enum class LogLevel : std::uint32_t {
  debug = HG_LOG_DEBUG,
  info = HG_LOG_INFO,
  warn = HG_LOG_WARN,
  error = HG_LOG_ERROR
};

// Written once by hg_module_v0 and read-only from then on.
class Host {
 public:
  // Fetches every table. False when a needed one is missing or older than these headers; the log
  // says which. [scan]
  bool load(const hg_host* host, std::uint32_t needs) noexcept {
    if (host == nullptr || host->abi_minor != HG_ABI_MINOR) return false;
    raw = host;
    bool complete = true;
    complete &= fetch(message, HG_EXT_MESSAGE, HG_END_OF(hg_message_ext, respond), true);
    complete &= fetch(json, HG_EXT_JSON, HG_END_OF(hg_json_ext, quote), true);
    complete &= fetch(llm, HG_EXT_LLM, HG_END_OF(hg_llm_ext, model_at), true);
    complete &= fetch(stream, HG_EXT_STREAM, HG_END_OF(hg_stream_ext, emit), true);
    complete &= fetch(credential, HG_EXT_CREDENTIAL, HG_END_OF(hg_credential_ext, place),
                      (needs & kCredential) != 0);
    complete &= fetch(endpoints, HG_EXT_ENDPOINTS, HG_END_OF(hg_endpoints_ext, restore),
                      (needs & kEndpoints) != 0);
    complete &=
        fetch(crypto, HG_EXT_CRYPTO, HG_END_OF(hg_crypto_ext, random), (needs & kCrypto) != 0);
    const bool calls = (needs & kHttp) != 0;
    complete &= fetch(async, HG_EXT_ASYNC,
                      calls ? HG_END_OF(hg_async_ext, http_answer) : HG_END_OF(hg_async_ext, wake),
                      calls || (needs & kAsync) != 0);
    complete &=
        fetch(metrics, HG_EXT_METRICS, HG_END_OF(hg_metrics_ext, observe), (needs & kMetrics) != 0);
    complete &=
        fetch(shared, HG_EXT_SHARED, HG_END_OF(hg_shared_ext, take), (needs & kShared) != 0);
    return complete;
  }

  // Writes to the gateway's log. UTF-8; never a secret. [any]
  void log(LogLevel level, std::string_view text) const noexcept {
    raw->log(raw, static_cast<std::uint32_t>(level), str(text));
  }

  const hg_host* raw = nullptr;
  const hg_message_ext* message = nullptr;
  const hg_json_ext* json = nullptr;
  const hg_llm_ext* llm = nullptr;
  const hg_stream_ext* stream = nullptr;
  const hg_credential_ext* credential = nullptr;  // these six: only where kNeeds names them
  const hg_endpoints_ext* endpoints = nullptr;
  const hg_crypto_ext* crypto = nullptr;
  const hg_async_ext* async = nullptr;
  const hg_metrics_ext* metrics = nullptr;
  const hg_shared_ext* shared = nullptr;

 private:
  template <class Table>
  bool fetch(const Table*& table, std::string_view id, std::uint32_t size, bool needed) noexcept {
    table = static_cast<const Table*>(raw->extension(raw, str(id)));
    if (table != nullptr && table->size < size) table = nullptr;
    if (table != nullptr || !needed) return true;
    log(LogLevel::error, "this plugin needs a host extension that the gateway does not have:");
    log(LogLevel::error, id);
    return false;
  }
};

namespace detail {
// A call of the C ABI carries no way back to the tables, so each library keeps one copy of them.
// Hidden, so that two libraries never share one even where the author forgot the linker script.
__attribute__((visibility("hidden"))) inline Host loaded_host;
}  // namespace detail

inline const Host& host() noexcept {
  return detail::loaded_host;
}

}  // namespace hg
