#include "core/exchange/commit_gate.hpp"

#include <headgate/stream.h>

namespace headgate::exchange {

CommitGate::Decision CommitGate::on_event(std::uint32_t flags, std::size_t bytes) {
  if (open_) return Decision::commit;
  if ((flags & HG_EVENT_ERROR) != 0) return Decision::fail;
  ++events_;
  bytes_ += bytes;
  if ((flags & (HG_EVENT_FINAL | HG_EVENT_END)) != 0) finished_ = true;
  if ((flags & (HG_EVENT_MEANINGFUL | HG_EVENT_FINAL | HG_EVENT_TOOL)) != 0 ||
      events_ >= kEventsMax || bytes_ >= kBytesMax) {
    open_ = true;
  }
  return open_ ? Decision::commit : Decision::hold;
}

}  // namespace headgate::exchange
