#include "core/upstream/target.hpp"

#include <string_view>
#include <utility>

#include "core/net/address.hpp"

namespace headgate::upstream {
namespace {

std::string public_key(const TargetOptions& options) {
  std::string key = options.tls ? "https://" : "http://";
  if (options.unix_path.empty()) {
    key += net::host_port(options.host, options.port);
  } else {
    key += "unix:";
    key += options.unix_path;
  }
  if (options.tls && !options.tls_name.empty() && options.tls_name != options.host) {
    key += " as ";
    key += options.tls_name;
  }
  return key;
}

}  // namespace

std::shared_ptr<const Target> TargetTable::intern(TargetOptions options) {
  std::string key = public_key(options);
  // Connections made under other certificates or rules must not be shared.
  std::string identity = key;
  identity += '\n';
  if (options.tls) identity += options.tls->fingerprint();

  const std::lock_guard lock(mutex_);
  Slot& slot = slots_.try_emplace(std::move(identity), Slot(slots_.size())).first->second;
  if (std::shared_ptr<const Target> known = slot.target.lock()) return known;
  auto target = std::make_shared<const Target>(std::move(options), std::move(key), slot.index);
  slot.target = target;
  return target;
}

}  // namespace headgate::upstream
