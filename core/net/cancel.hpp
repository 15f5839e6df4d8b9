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
  // Who still waits is not called any more.
  ~Cancel() {
    if (scope_) scope_->cancel_ = nullptr;
  }
  Cancel(const Cancel&) = delete;
  Cancel& operator=(const Cancel&) = delete;

  void request() {
    requested_ = true;
    if (scope_) scope_->call_();
  }
  bool requested() const { return requested_; }

  // While it lives, request() calls `call`, which must not destroy this. One at a time. A null
  // `cancel` is never requested.
  class Scope {
   public:
    Scope(Cancel* cancel, std::function<void()> call) : cancel_(cancel), call_(std::move(call)) {
      if (cancel_) cancel_->scope_ = this;
    }
    ~Scope() {
      if (cancel_) cancel_->scope_ = nullptr;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    friend class Cancel;
    Cancel* cancel_;  // null: none, or gone before this, when a loop is taken down
    const std::function<void()> call_;
  };

 private:
  Scope* scope_ = nullptr;
  bool requested_ = false;
};

inline bool is_requested(const Cancel* cancel) {
  return cancel != nullptr && cancel->requested();
}

}  // namespace headgate::net
