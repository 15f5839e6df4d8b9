#pragma once
// A completion handler of Asio that is kept until what it waits for has happened, whatever its type
// is: held in place, called once. To destroy one that was not called ends the task that waits in
// it. [worker]

#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "core/net/footprint.hpp"

namespace headgate::net {

class Resumption {
 public:
  Resumption() = default;
  Resumption(Resumption&& other) noexcept { take(other); }
  Resumption& operator=(Resumption&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~Resumption() { reset(); }

  // REQUIRES: nothing is held.
  template <class Handler>
  void hold(Handler handler) {
    static_assert(sizeof(Handler) <= kBytes && alignof(Handler) <= alignof(std::max_align_t));
    static_assert(std::is_nothrow_move_constructible_v<Handler>);
    assert(!actions_);
    ::new (bytes_) Handler(std::move(handler));
    actions_ = &kActions<Handler>;
  }

  explicit operator bool() const { return actions_ != nullptr; }

  // REQUIRES: something is held; afterwards nothing is.
  void operator()(bool ready) { std::exchange(actions_, nullptr)->call(bytes_, ready); }

  // Begins to fetch what the handler goes on with: a coroutine's is an address at its beginning.
  // What is no address does no harm.
  void fetch() const {
    if (!actions_) return;
    const void* first = nullptr;
    std::memcpy(&first, bytes_, sizeof(first));
    Footprint::fetch(first, kFetchedBytes);
  }

  void reset() {
    if (actions_) std::exchange(actions_, nullptr)->destroy(bytes_);
  }

 private:
  static constexpr std::size_t kBytes = 48;
  static constexpr std::size_t kFetchedBytes = 128;

  struct Actions {
    void (*call)(std::byte*, bool ready);  // these two leave no handler behind
    void (*move)(std::byte* from, std::byte* to);
    void (*destroy)(std::byte*);
  };

  template <class Handler>
  static Handler taken(std::byte* bytes) {
    auto* held = std::launder(reinterpret_cast<Handler*>(bytes));
    Handler handler = std::move(*held);
    std::destroy_at(held);
    return handler;
  }

  // A handler leaves its place before it is called: it may destroy what holds it.
  template <class Handler>
  static constexpr Actions kActions{
      [](std::byte* bytes, bool ready) { taken<Handler>(bytes)(ready); },
      [](std::byte* from, std::byte* to) { ::new (to) Handler(taken<Handler>(from)); },
      [](std::byte* bytes) { taken<Handler>(bytes); }};

  void take(Resumption& other) {
    if (!other.actions_) return;
    actions_ = std::exchange(other.actions_, nullptr);
    actions_->move(other.bytes_, bytes_);
  }

  alignas(std::max_align_t) std::byte bytes_[kBytes];
  const Actions* actions_ = nullptr;
};

}  // namespace headgate::net
