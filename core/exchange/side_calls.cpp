#include "core/exchange/side_calls.hpp"

#include <algorithm>

#include "core/base/log.hpp"
#include "core/plugin/call.hpp"
#include "core/plugin/running.hpp"

namespace headgate::exchange {

std::int32_t SideCalls::start(const hg_http_request& request, std::uint64_t& id) {
  const char* const running = plugin::running_here().plugin_id;
  const std::string_view plugin = running ? std::string_view(running) : std::string_view();
  const std::string_view alias = plugin::view(request.upstream);
  const SideUpstream* const upstream = find_upstream(snapshot_->side_upstreams, alias);
  if (!upstream) {
    tell_of_unknown(alias, plugin);
    return HG_NOT_FOUND;
  }
  if (const std::int32_t bad = SideCall::check(request); bad != HG_OK) return bad;
  if (calls_.size() >= kCallsMax) return HG_LIMIT;
  auto call = std::make_shared<SideCall>(worker_, snapshot_, *upstream, plugin, request);
  if (!call->take_room()) return HG_LIMIT;
  id = ++worker_.side_calls;
  calls_.push_back(Entry{id, call});
  // Whoever ends first, this or the call: cancel() takes the callback away.
  SideCall::start(call, [this, own = id] { note_done(own); });
  return HG_OK;
}

// Once for each: a request may bring it up again and again.
void SideCalls::tell_of_unknown(std::string_view alias, std::string_view plugin) {
  constexpr std::size_t kToldMax = 64;
  constexpr std::size_t kShownMax = 100;
  std::string line = "plugin '" + std::string(plugin) + "' calls the upstream '" +
                     std::string(alias.substr(0, kShownMax)) +
                     "', which config.plugins.upstreams does not name";
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  auto& told = worker_.unknown_upstreams;
  if (told.size() >= kToldMax || std::find(told.begin(), told.end(), line) != told.end()) return;
  log::warn(line);
  told.push_back(std::move(line));
}

void SideCalls::note_done(std::uint64_t id) {
  done_.push_back(id);
  if (on_done_) on_done_();
}

bool SideCalls::take_done() {
  taken_.reset();
  if (done_.empty()) return false;
  taken_id_ = done_.front();
  done_.erase(done_.begin());
  const auto found = std::find_if(calls_.begin(), calls_.end(),
                                  [this](const Entry& entry) { return entry.id == taken_id_; });
  taken_ = std::move(found->call);
  calls_.erase(found);
  return true;
}

std::int32_t SideCalls::read_taken(hg_http_answer& answer) const {
  if (!taken_) return HG_NOT_FOUND;
  answer.id = taken_id_;
  taken_->read(answer);
  return HG_OK;
}

void SideCalls::cancel() {
  for (const Entry& entry : calls_) entry.call->cancel();
  calls_.clear();
  done_.clear();
  taken_.reset();
}

}  // namespace headgate::exchange
