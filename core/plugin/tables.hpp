#pragma once
// Inside core/plugin: the tables of the host extensions, and what their functions share. Each table
// is defined in the .cpp of its name. A function that is given something impossible returns
// HG_INVALID and has no effect.

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

#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/plugin/call.hpp"
#include "core/plugin/host.hpp"

namespace headgate::plugin {

extern const hg_message_ext kMessageTable;
extern const hg_json_ext kJsonTable;
extern const hg_llm_ext kLlmTable;
extern const hg_stream_ext kStreamTable;
extern const hg_crypto_ext kCryptoTable;
extern const hg_credential_ext kCredentialTable;
extern const hg_endpoints_ext kEndpointsTable;
extern const hg_async_ext kAsyncTable;
extern const hg_metrics_ext kMetricsTable;
extern const hg_shared_ext kSharedTable;

// Stops the process with the plugin's name if `call` is not the one whose callback this thread is
// inside of: the plugin kept it, or took it to another thread. Debug builds only, as an assert.
#ifdef NDEBUG
inline void expect_own(const hg_call*, const char*) {}
#else
void expect_own(const hg_call* call, const char* function);
#endif

inline bool valid(hg_str text) {
  return text.ptr != nullptr || text.len == 0;
}
inline bool valid_message(std::uint32_t message) {
  return message <= HG_RESPONSE;
}
// RFC 6901.
bool valid_pointer(hg_str pointer);

// A struct from a plugin, as long as both sides know it; what the plugin's does not have keeps the
// value that it has in `defaults`. `size` becomes that of the gateway's.
template <class T>
T read_struct(const T* from, T defaults) {
  const std::uint32_t full = defaults.size;
  std::memcpy(&defaults, from, std::min<std::size_t>(from->size, full));
  defaults.size = full;
  return defaults;
}

// Writes as much of `from` as the plugin's struct can hold; its `size` stays the plugin's.
template <class T>
void write_struct(T* to, const T& from) {
  const std::uint32_t theirs = to->size;
  std::memcpy(to, &from, std::min(theirs, from.size));
  to->size = theirs;
}

}  // namespace headgate::plugin
