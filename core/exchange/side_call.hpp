#pragma once
// One HTTP call that a plugin makes beside a request: over the worker's connections, verified and
// kept as all others are. It owns all that it needs, for the request may end before it. [worker]

#include <headgate/async.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/exchange/snapshot.hpp"
#include "core/exchange/worker_context.hpp"
#include "core/http/body_framing.hpp"
#include "core/http/head.hpp"
#include "core/net/cancel.hpp"
#include "core/net/deadline.hpp"
#include "core/net/task.hpp"
#include "core/upstream/connection.hpp"

namespace headgate::exchange {

class SideCall {
 public:
  // Of the answer's body, where the plugin does not say.
  static constexpr std::size_t kAnswerBytes = 1024 * 1024;
  static constexpr std::size_t kTargetBytesMax = 16 * 1024;

  // HG_OK when it can be sent, else what http() of hg.async/1 returns for it.
  static std::int32_t check(const hg_http_request& request);

  // Copies the request. `upstream` is the snapshot's; `plugin` lives as long as the process.
  // REQUIRES: check() has passed.
  SideCall(WorkerContext& worker, std::shared_ptr<const Snapshot> snapshot,
           const SideUpstream& upstream, std::string_view plugin, const hg_http_request& request);
  SideCall(const SideCall&) = delete;
  SideCall& operator=(const SideCall&) = delete;

  // Holds the request's bytes in the budget of all bodies. False: there is no room.
  bool take_room();

  // Does it all, and keeps it alive meanwhile. `on_done` is called at its end, from the loop,
  // unless cancel() comes first.
  static void start(const std::shared_ptr<SideCall>& call, std::function<void()> on_done);

  // Ends it, as soon as the loop comes by. Nobody is told.
  void cancel();

  // REQUIRES: it is done. Views live as long as this.
  void read(hg_http_answer& answer) const;

 private:
  static net::Task<void> run(std::shared_ptr<SideCall> call);
  net::Task<void> exchange();
  net::Task<bool> connect();
  net::Task<void> ask();
  net::Task<void> read_body();
  void write_head(const hg_http_request& request);
  bool take_head();
  void keep_head(std::size_t bytes);
  bool take_piece();
  bool may_try_fresh() const;
  void fail(std::uint32_t result, std::string error);
  void finish();
  bool over() const { return cancelled_ || deadline_.expired(); }
  void close();

  WorkerContext& worker_;
  const std::shared_ptr<const Snapshot> snapshot_;
  const SideUpstream& upstream_;
  const std::string_view plugin_;
  const std::string method_;
  const std::string body_;
  std::string head_text_;
  const milliseconds timeout_;
  const std::size_t answer_bytes_max_;
  std::function<void()> on_done_;
  BodyBudget::Share room_;

  std::unique_ptr<upstream::Connection> connection_;
  net::Cancel connecting_;
  net::Deadline deadline_;
  std::vector<std::string_view> pieces_;  // that are still to be sent
  net::ErrorCode read_error_;
  std::uint64_t bytes_received_ = 0;  // on this connection
  http::BodyFraming framing_;
  http::ResponseHead head_;  // views into head_bytes_, once it is there
  bool head_taken_ = false;
  bool complete_ = false;
  bool cancelled_ = false;

  // What the plugin gets.
  std::uint32_t result_ = HG_HTTP_BROKEN;
  std::string error_;
  std::string head_bytes_;
  std::vector<hg_http_header> headers_;
  std::string answer_;
};

}  // namespace headgate::exchange
