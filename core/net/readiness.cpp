#include "core/net/readiness.hpp"

#include <sys/epoll.h>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <span>
#include <vector>

#include "core/net/fd_watch.hpp"

namespace headgate::net {
namespace {

constexpr std::uint32_t kGone = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

}  // namespace

// One per loop, found through the loop as Asio finds its own services.
class ReadinessSet final : public boost::asio::execution_context::service {
 public:
  using key_type = ReadinessSet;
  inline static boost::asio::execution_context::id id;

  explicit ReadinessSet(boost::asio::execution_context& context)
      : boost::asio::execution_context::service(context),
        io_(static_cast<IoContext&>(context)),
        events_(std::make_unique<FdWatch>(io_, FileDescriptor(::epoll_create1(EPOLL_CLOEXEC)),
                                          [this] { collect(); })) {}

  // False: the kernel does not take it.
  bool join(Readiness& socket, int descriptor) {
    if (!events_) return false;
    socket.slot_ = free_slot();
    Slot& slot = slots_[socket.slot_];
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = number_of(socket);
    if (::epoll_ctl(events_->get(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
      free_.push_back(socket.slot_);
      return false;
    }
    slot.socket = &socket;
    return true;
  }

  // Closing the descriptor takes it out of the kernel's set.
  void leave(const Readiness& socket) {
    Slot& slot = slots_[socket.slot_];
    slot.socket = nullptr;
    ++slot.generation;
    free_.push_back(socket.slot_);
  }

  // The loop goes on as long as somebody waits.
  void begin_wait() {
    ++waits_;
    if (!collecting_ && events_) events_->wait();
  }
  void end_wait() {
    --waits_;
    if (waits_ == 0 && !collecting_ && events_) events_->cancel();
  }

  void post(Resumption resumption) {
    boost::asio::post(io_, [held = std::move(resumption)]() mutable { held(false); });
  }
  // As if the kernel had said so.
  void post_event(const Readiness& socket, std::uint32_t what) {
    boost::asio::post(io_, [this, number = number_of(socket), what] {
      tell(number, what);
      if (waits_ == 0 && events_) events_->cancel();
    });
  }

 private:
  struct Slot {
    Readiness* socket = nullptr;
    std::uint32_t generation = 0;  // so that an event is not taken for one of a later socket
  };
  // Asio's own sockets take turns with these.
  static constexpr std::size_t kEventsMax = 64;
  // What so few touch stays in the second-level cache between their turns.
  static constexpr std::size_t kFewSockets = 160;

  // A task that waits is owned by what resumes it. These are known to no service of Asio's, so they
  // would never be destroyed when the loop ends. Ending one may end other sockets.
  void shutdown() override {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      for (std::size_t side = 0; side < 2 && slots_[i].socket != nullptr; ++side) {
        const Resumption dying = std::move(slots_[i].socket->waiting_[side]);
      }
    }
    events_.reset();
  }

  std::uint32_t free_slot() {
    if (free_.empty()) {
      slots_.emplace_back();
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    return number;
  }

  std::uint64_t number_of(const Readiness& socket) const {
    return std::uint64_t{slots_[socket.slot_].generation} << 32 | socket.slot_;
  }

  Readiness* find(std::uint64_t number) const {
    const Slot& slot = slots_[static_cast<std::uint32_t>(number)];
    return slot.generation == number >> 32 ? slot.socket : nullptr;
  }

  void collect() {
    std::array<epoll_event, kEventsMax> events;
    const int count = ::epoll_wait(events_->get(), events.data(), kEventsMax, 0);
    std::exception_ptr failure;
    collecting_ = true;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      fetch_ahead({events.data() + i, static_cast<std::size_t>(count - i)});
      try {
        tell(event.data.u64, event.events);
      } catch (...) {  // the others' events are not told again
        failure = std::current_exception();
      }
    }
    collecting_ = false;
    if (waits_ > 0) events_->wait();
    if (failure) std::rethrow_exception(failure);
  }

  // Begins to fetch what the events behind the first will need.
  void fetch_ahead(std::span<const epoll_event> events) const {
    if (slots_.size() - free_.size() < kFewSockets) return;
    if (events.size() > 2) {
      if (const Readiness* const later = find(events[2].data.u64))
        Footprint::fetch(later, sizeof(*later));
    }
    if (events.size() > 1) {
      if (const Readiness* const next = find(events[1].data.u64)) next->fetch();
    }
  }

  // Each call may destroy this socket and others.
  void tell(std::uint64_t number, std::uint32_t what) {
    Readiness* socket = find(number);
    if (socket == nullptr) return;
    const bool ends = (what & kGone) != 0;
    socket->ended_ = socket->ended_ || ends;
    if (ends || (what & EPOLLIN) != 0) socket->ready_[0] = true;
    if (ends || (what & EPOLLOUT) != 0) socket->ready_[1] = true;
    for (std::size_t side = 0; side < 2; ++side) {
      if (!socket->ready_[side] || !socket->waiting_[side]) continue;
      --waits_;
      socket->waiting_[side](true);
      socket = find(number);
      if (socket == nullptr) return;
    }
    if (ends) socket->gone();
  }

  IoContext& io_;
  std::unique_ptr<FdWatch> events_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t waits_ = 0;  // and watches
  bool collecting_ = false;
};

Readiness::Readiness(IoContext& io, int descriptor)
    : set_(boost::asio::use_service<ReadinessSet>(
          static_cast<boost::asio::execution_context&>(io))) {
  joined_ = set_.join(*this, descriptor);
}

// In the order in which it is needed.
void Readiness::fetch() const {
  waiting_[index(Side::read)].fetch();
  Footprint::fetch(frame_);
  footprint_.fetch();
}

void Readiness::begin_wait() {
  set_.begin_wait();
}

void Readiness::cancel(Side side) {
  Resumption& waiting = waiting_[index(side)];
  if (!waiting) return;
  set_.end_wait();
  set_.post(std::move(waiting));
}

void Readiness::wake_soon(Side side) {
  set_.post_event(*this, side == Side::read ? EPOLLIN : EPOLLOUT);
}

void Readiness::watch_peer(std::function<void()> on_gone) {
  if (!on_gone_) set_.begin_wait();
  on_gone_ = std::move(on_gone);
  if (ended_) set_.post_event(*this, kGone);
}

void Readiness::unwatch_peer() {
  if (!on_gone_) return;
  on_gone_ = nullptr;
  set_.end_wait();
}

void Readiness::gone() {
  if (!on_gone_) return;
  // It may destroy this.
  const std::function<void()> call = std::exchange(on_gone_, nullptr);
  set_.end_wait();
  call();
}

void Readiness::leave() {
  if (!joined_) return;
  unwatch_peer();
  cancel(Side::read);
  cancel(Side::write);
  set_.leave(*this);
  joined_ = false;
}

}  // namespace headgate::net
