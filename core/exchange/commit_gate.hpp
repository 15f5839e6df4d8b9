#pragma once
// Decides from which event on the client sees an answer. Until then the attempt can fail without
// anybody noticing, and another endpoint is asked. Pure. [worker]

#include <cstddef>
#include <cstdint>

namespace headgate::exchange {

class CommitGate {
 public:
  // Lifecycle events that are held back at most; a provider that sends more of them than that
  // before it says anything is let through.
  static constexpr std::size_t kEventsMax = 64;
  static constexpr std::size_t kBytesMax = 256 * 1024;
  // A whole answer is held until it is complete, or has this many bytes.
  static constexpr std::size_t kWholeBytesMax = 1024 * 1024;

  enum class Decision : std::uint8_t { hold, commit, fail };

  // One event of `bytes` came, with the HG_EVENT_* flags that the provider gave it.
  Decision on_event(std::uint32_t flags, std::size_t bytes);

  // The stream is over and nothing was committed: an answer that says nothing is still an answer if
  // it was finished.
  Decision on_end() const { return finished_ ? Decision::commit : Decision::fail; }

  bool open() const { return open_; }

 private:
  bool open_ = false;
  bool finished_ = false;
  std::size_t events_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace headgate::exchange
