#include "core/net/fd_watch.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <utility>

namespace headgate::net {

struct FdWatch::State {
  State(IoContext& io, int descriptor, std::function<void()> call)
      : descriptor(io.get_executor(), descriptor), on_readable(std::move(call)) {}

  boost::asio::posix::basic_stream_descriptor<IoContext::executor_type> descriptor;
  std::function<void()> on_readable;
  // The wait that counts; an earlier one that was cancelled may still report.
  std::uint64_t wait_number = 0;
  bool waiting = false;
  bool alive = true;
};

FdWatch::FdWatch(IoContext& io, FileDescriptor descriptor, std::function<void()> on_readable)
    : state_(std::make_shared<State>(io, descriptor.release(), std::move(on_readable))) {}

FdWatch::~FdWatch() {
  state_->alive = false;
  ErrorCode ignored;
  state_->descriptor.close(ignored);
}

int FdWatch::get() const {
  return state_->descriptor.native_handle();
}

void FdWatch::wait() {
  if (state_->waiting) return;
  state_->waiting = true;
  const std::uint64_t number = ++state_->wait_number;
  state_->descriptor.async_wait(
      boost::asio::posix::descriptor_base::wait_read,
      [state = std::weak_ptr<State>(state_), number](const ErrorCode& error) {
        const std::shared_ptr<State> held = state.lock();
        if (error || !held || !held->alive || !held->waiting || held->wait_number != number) {
          return;
        }
        held->waiting = false;
        held->on_readable();
      });
}

void FdWatch::cancel() {
  state_->waiting = false;
  ErrorCode ignored;
  state_->descriptor.cancel(ignored);
}

}  // namespace headgate::net
