#pragma once
// Small pieces of memory that a thread had before, by size, last given back first: what every
// request makes and ends (frames of coroutines, texts) is found in a few instructions and is likely
// still in the cache. malloc's own list of a size holds seven pieces, which is less than a worker
// has requests in flight. Never throws. Each thread has its own; none is safe for two threads.

#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

namespace headgate {

class SmallBlocks {
 public:
  static constexpr std::size_t kStep = 16;       // sizes are rounded up to it
  static constexpr std::size_t kLargest = 2048;  // larger ones are malloc's business
  static constexpr std::size_t kKeptBytesMax = 2 * 1024 * 1024;

  // What to ask malloc for, so that the piece serves every size that rounds up to it.
  static constexpr std::size_t rounded(std::size_t bytes) {
    return bytes > kLargest ? bytes : slot_of(bytes) * kStep;
  }

  // A piece of at least so many bytes, or null when none is kept.
  void* take(std::size_t bytes) noexcept {
    if (bytes > kLargest) return nullptr;
    Piece*& first = slots_[slot_of(bytes)];
    if (first == nullptr) return nullptr;
    kept_bytes_ -= rounded(bytes);
    Piece* const taken = std::exchange(first, first->next);
    __builtin_prefetch(first, 1);  // for the next one of this size: it says what comes behind it
    return taken;
  }

  // Keeps a piece of rounded(bytes) that came from malloc. False: it stays the caller's.
  bool keep(void* piece, std::size_t bytes) noexcept {
    if (bytes > kLargest || piece == nullptr || kept_bytes_ >= kKeptBytesMax) return false;
    Piece*& first = slots_[slot_of(bytes)];
    first = ::new (piece) Piece{first};
    kept_bytes_ += rounded(bytes);
    return true;
  }

  // Frees what is kept, and keeps nothing any more: the thread ends.
  void close() noexcept {
    for (Piece*& first : slots_) {
      while (first != nullptr) std::free(std::exchange(first, first->next));
    }
    kept_bytes_ = kKeptBytesMax;
  }

  std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  struct Piece {
    Piece* next;
  };

  static constexpr std::size_t slot_of(std::size_t bytes) {
    return bytes == 0 ? 1 : (bytes + kStep - 1) / kStep;
  }

  std::array<Piece*, kLargest / kStep + 1> slots_{};
  std::size_t kept_bytes_ = 0;
};

}  // namespace headgate
