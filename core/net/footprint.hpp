#pragma once
// Memory that whoever waits for a connection will touch when it goes on. With many connections it
// has left the near caches by then, and each line of it would be waited for; so the loop has it
// fetched while it serves the connection before. These are addresses only: stale ones do no harm.
// [worker]

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace headgate::net {

class Footprint {
 public:
  static constexpr std::size_t kPiecesMax = 15;

  struct Piece {
    const void* begin = nullptr;
    std::uint32_t bytes = 0;
  };

  // One more piece; beyond kPiecesMax it is left out.
  void add(Piece piece) {
    if (count_ < kPiecesMax) pieces_[count_++] = piece;
  }
  void add(const void* begin, std::size_t bytes) {
    add(Piece{begin, static_cast<std::uint32_t>(bytes)});
  }
  template <class Object>
  void add(const Object& object) {
    add(std::addressof(object), sizeof(Object));
  }

  // Begins to fetch it all, and waits for nothing.
  void fetch() const {
    for (std::uint32_t i = 0; i < count_; ++i) fetch(pieces_[i]);
  }
  static void fetch(Piece piece) { fetch(piece.begin, piece.bytes); }
  static void fetch(const void* begin, std::size_t bytes) {
    // Numbers: there may be no object any more that a pointer could go through.
    const auto address = reinterpret_cast<std::uintptr_t>(begin);
    for (std::size_t at = 0; at < bytes; at += kLineBytes)
      __builtin_prefetch(reinterpret_cast<const void*>(address + at), 1);
  }

 private:
  static constexpr std::size_t kLineBytes = 64;

  std::uint32_t count_ = 0;
  std::array<Piece, kPiecesMax> pieces_;
};

}  // namespace headgate::net
