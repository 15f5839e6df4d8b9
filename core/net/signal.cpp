#include "core/net/signal.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <optional>
#include <utility>

namespace headgate::net {
namespace {

using Token = boost::asio::use_awaitable_t<IoContext::executor_type>;
using Handler = boost::asio::async_result<Token, void()>::handler_type;

}  // namespace

// What waits, in a ring of all that wait on one loop.
struct SignalSlot {
  SignalHub& hub;
  std::optional<Handler> handler;
  SignalSlot* next = this;
  SignalSlot* previous = this;

  explicit SignalSlot(SignalHub& hub) : hub(hub) {}
  void unlink() {
    next->previous = previous;
    previous->next = next;
    next = previous = this;
  }
};

// A suspended task is owned by the handler that resumes it. Handlers that wait in a Signal are
// known to no Asio service, and the Signal often lives in the very task it suspends: without this
// list such a task would never be destroyed when the loop ends.
class SignalHub final : public boost::asio::execution_context::service {
 public:
  using key_type = SignalHub;
  inline static boost::asio::execution_context::id id;

  explicit SignalHub(boost::asio::execution_context& context)
      : boost::asio::execution_context::service(context), ring_(*this) {}

  void add(SignalSlot& slot) {
    slot.next = &ring_;
    slot.previous = ring_.previous;
    ring_.previous->next = &slot;
    ring_.previous = &slot;
  }

 private:
  void shutdown() override {
    while (ring_.next != &ring_) {
      SignalSlot& slot = *ring_.next;
      slot.unlink();
      const std::optional<Handler> dying = std::exchange(slot.handler, std::nullopt);
    }
  }

  SignalSlot ring_;
};

Signal::Signal(IoContext& io)
    : io_(io),
      slot_(std::make_unique<SignalSlot>(
          boost::asio::use_service<SignalHub>(static_cast<boost::asio::execution_context&>(io)))) {}

Signal::~Signal() {
  slot_->unlink();
}

Task<void> Signal::wait() {
  if (!notified_) {
    assert(!slot_->handler);
    Token token;
    co_await boost::asio::async_initiate<Token, void()>(
        [this](Handler handler) {
          slot_->handler.emplace(std::move(handler));
          slot_->hub.add(*slot_);
        },
        token);
  }
  notified_ = false;
}

void Signal::notify() {
  notified_ = true;
  if (!slot_->handler) return;
  slot_->unlink();
  Handler handler = std::move(*slot_->handler);
  slot_->handler.reset();
  boost::asio::post(io_, std::move(handler));
}

}  // namespace headgate::net
