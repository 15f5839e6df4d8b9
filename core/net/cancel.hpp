#pragma once
// Lets code of one worker give up something that a coroutine of the same worker waits for. Asked
// for once and for good; who waits says what is to be done, and looks at requested() afterwards.
// [worker]

#include <functional>
#include <utility>

namespace headgate::net {

class Cancel {
 public:
  Cancel() = default;
  Cancel(const Cancel&) = delete;
  Cancel& operator=(const Cancel&) = delete;

  void request() {
    requested_ = true;
    if (on_request_) on_request_();
  }
  bool requested() const { return requested_; }

  // While it lives, request() calls `call`, which must not destroy this. One at a time. A null
  // `cancel` is never requested.
  class Scope {
   public:
    Scope(Cancel* cancel, std::function<void()> call) : cancel_(cancel) {
      if (cancel_) cancel_->on_request_ = std::move(call);
    }
    ~Scope() {
      if (cancel_) cancel_->on_request_ = nullptr;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Cancel* const cancel_;
  };

 private:
  std::function<void()> on_request_;
  bool requested_ = false;
};

inline bool is_requested(const Cancel* cancel) {
  return cancel != nullptr && cancel->requested();
}

}  // namespace headgate::net
