#include "core/net/peer_watch.hpp"

#include <sys/epoll.h>

#include <array>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <unordered_map>
#include <utility>

#include "core/net/fd_watch.hpp"

namespace headgate::net {

// One per loop, found through the loop as Asio finds its own services.
class PeerHub final : public boost::asio::execution_context::service {
 public:
  using key_type = PeerHub;
  inline static boost::asio::execution_context::id id;

  explicit PeerHub(boost::asio::execution_context& context)
      : boost::asio::execution_context::service(context),
        io_(static_cast<IoContext&>(context)),
        set_(std::make_unique<FdWatch>(io_, FileDescriptor(::epoll_create1(EPOLL_CLOEXEC)),
                                       [this] { collect(); })) {}

  void add(PeerWatch& watch, int descriptor) {
    watch.id_ = ++last_id_;
    watches_.emplace(watch.id_, &watch);
    epoll_event event{};
    event.events = EPOLLRDHUP | EPOLLET;
    event.data.u64 = watch.id_;
    if (::epoll_ctl(set_->get(), EPOLL_CTL_ADD, descriptor, &event) != 0) return post_gone(watch);
    set_->wait();
  }

  // Closing the descriptor takes it out of the kernel's set.
  void remove(PeerWatch& watch) {
    watches_.erase(watch.id_);
    if (watches_.empty() && set_) set_->cancel();  // the loop may end now
  }

  void post_gone(PeerWatch& watch) {
    boost::asio::post(io_, [this, id = watch.id_] { report(id); });
  }

 private:
  void shutdown() override { set_.reset(); }

  void report(std::uint64_t id) {
    const auto found = watches_.find(id);
    if (found != watches_.end()) found->second->gone();
  }

  void collect() {
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(set_->get(), events.data(), static_cast<int>(events.size()), 0);
    // By number, not by pointer: a callback may destroy streams that come later in the list.
    for (int i = 0; i < count; ++i) report(events[static_cast<std::size_t>(i)].data.u64);
    if (!watches_.empty()) set_->wait();
  }

  IoContext& io_;
  std::unique_ptr<FdWatch> set_;
  std::unordered_map<std::uint64_t, PeerWatch*> watches_;
  std::uint64_t last_id_ = 0;
};

PeerWatch::PeerWatch(IoContext& io)
    : hub_(boost::asio::use_service<PeerHub>(static_cast<boost::asio::execution_context&>(io))) {}

PeerWatch::~PeerWatch() {
  forget();
}

void PeerWatch::watch(int descriptor, std::function<void()> on_gone) {
  on_gone_ = std::move(on_gone);
  if (id_ == 0) {
    hub_.add(*this, descriptor);
  } else if (gone_) {
    hub_.post_gone(*this);
  }
}

void PeerWatch::forget() {
  on_gone_ = nullptr;
  if (id_ != 0) hub_.remove(*this);
  id_ = 0;
}

void PeerWatch::gone() {
  gone_ = true;
  if (!on_gone_) return;
  // It may destroy this watch.
  const std::function<void()> call = std::exchange(on_gone_, nullptr);
  call();
}

}  // namespace headgate::net
