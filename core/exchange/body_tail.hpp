#pragma once
// The last bytes of a body that passes in pieces. [worker]

#include <cstddef>
#include <string>
#include <string_view>

namespace headgate::exchange {

class BodyTail {
 public:
  static constexpr std::size_t kBytesMax = 16 * 1024;

  void add(std::string_view piece) {
    if (piece.size() >= kBytesMax) {
      bytes_.assign(piece.substr(piece.size() - kBytesMax));
      return;
    }
    // Moved to the front only now and then, not for each piece.
    if (bytes_.size() + piece.size() > 2 * kBytesMax) bytes_.erase(0, bytes_.size() - kBytesMax);
    bytes_.append(piece);
  }

  std::string_view view() const {
    const std::string_view all = bytes_;
    return all.size() <= kBytesMax ? all : all.substr(all.size() - kBytesMax);
  }

 private:
  std::string bytes_;
};

}  // namespace headgate::exchange
