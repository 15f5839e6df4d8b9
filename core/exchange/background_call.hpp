#pragma once
// What a plugin can do in on_background: hg_call of no request. It waits, makes HTTP calls and
// reads their answers; there is no message to read or to write. [worker]

#include <cstdint>
#include <memory>
#include <optional>

#include "core/exchange/connection_list.hpp"
#include "core/exchange/side_calls.hpp"
#include "core/net/deadline.hpp"
#include "core/net/signal.hpp"
#include "core/net/task.hpp"
#include "core/plugin/call.hpp"

namespace headgate::exchange {

class BackgroundCall final : public hg_call, public ConnectionList::Member {
 public:
  BackgroundCall(WorkerContext& worker, std::shared_ptr<const Snapshot> snapshot);
  ~BackgroundCall();
  BackgroundCall(const BackgroundCall&) = delete;
  BackgroundCall& operator=(const BackgroundCall&) = delete;

  // Something was started that can end a pause.
  bool has_pause() const { return timer_ || waker_id_ != 0 || calls_.any(); }
  // Ends what was started.
  void drop_pause();

  // Waits for the timer, a wake-up, the end of an HTTP call, end(), or kPauseMax; says which it
  // was, as on_async would be told.
  net::Task<std::uint32_t> wait();

  // Nothing more is to be done; a wait ends.
  void end() override;
  bool ended() const { return ended_; }

  std::int32_t timer(std::uint64_t milliseconds) override;
  std::uint64_t waker() override;
  std::int32_t http(const hg_http_request& request, std::uint64_t& id) override;
  std::int32_t http_answer(hg_http_answer& answer) override;

  // Of a request, which this is not.
  Text method(std::uint32_t) override { return {}; }
  Text target(std::uint32_t) override { return {}; }
  std::int32_t set_line(std::uint32_t, Text, Text) override { return HG_DENIED; }
  std::uint32_t status() override { return 0; }
  std::int32_t header_at(std::uint32_t, std::size_t, Text&, Text&) override { return HG_NOT_FOUND; }
  std::int32_t header_get(std::uint32_t, Text, Text&) override { return HG_NOT_FOUND; }
  std::int32_t header_set(std::uint32_t, Text, Text) override { return HG_DENIED; }
  std::int32_t header_add(std::uint32_t, Text, Text) override { return HG_DENIED; }
  std::int32_t header_remove(std::uint32_t, Text) override { return HG_DENIED; }
  Text body(std::uint32_t) override { return {}; }
  std::int32_t set_body(std::uint32_t, Text) override { return HG_DENIED; }
  std::int32_t give_body(std::uint32_t, Text, void (*)(void*) noexcept, void*) override {
    return HG_DENIED;
  }
  std::int32_t share_body() override { return HG_DENIED; }
  std::int32_t attribute_get(Text, Text&) override { return HG_NOT_FOUND; }
  std::int32_t attribute_set(Text, Text) override { return HG_DENIED; }
  void* allocate(std::size_t, std::size_t) override { return nullptr; }
  std::int32_t respond_error(std::uint32_t, Text, Text, Text) override { return HG_DENIED; }
  std::int32_t respond(std::uint32_t, Text, Text) override { return HG_DENIED; }
  std::int32_t json_get(std::uint32_t, Text, Text&) override { return HG_NOT_FOUND; }
  std::int32_t json_set(std::uint32_t, Text, Text) override { return HG_DENIED; }
  std::int32_t json_remove(std::uint32_t, Text) override { return HG_DENIED; }
  std::int32_t json_holds_reserved(std::uint32_t) override { return 0; }
  std::int32_t json_text(Text, Text&) override { return HG_DENIED; }
  Text json_quote(Text) override { return {}; }
  std::int32_t facets(hg_facets&) override { return HG_NOT_FOUND; }
  std::int32_t set_model(std::uint32_t, Text) override { return HG_DENIED; }
  std::int32_t report_usage(const hg_usage&) override { return HG_DENIED; }
  std::int32_t model_at(std::size_t, Text&, Text&) override { return HG_NOT_FOUND; }
  std::int32_t emit(Text, Text) override { return HG_DENIED; }
  std::int32_t credential_set(const hg_credential&) override { return HG_DENIED; }
  std::int32_t credential_consume(Text) override { return HG_DENIED; }
  std::int32_t credential_place(const hg_credential&) override { return HG_DENIED; }

 private:
  void drop_waker();

  WorkerContext& worker_;
  SideCalls calls_;
  std::optional<milliseconds> timer_;
  std::uint64_t waker_id_ = 0;
  bool woken_ = false;
  bool ended_ = false;
  net::Signal signal_;
  net::Deadline deadline_;
};

}  // namespace headgate::exchange
