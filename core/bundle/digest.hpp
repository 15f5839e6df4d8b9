#pragma once
// SHA-256 and BLAKE2b-512 of bytes, and the texts of bytes. [any]

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::bundle {

using Bytes = std::string_view;

std::string base64(Bytes bytes);
// Strict: no spaces, no missing padding, no bits that a writer would not have set.
std::optional<std::string> from_base64(std::string_view text);

// SHA-256 in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(Bytes bytes);
  // Once, at the end. Hexadecimal, lower case.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256(Bytes bytes);

using Blake2b512 = std::array<unsigned char, 64>;
Blake2b512 blake2b512(Bytes bytes);

}  // namespace headgate::bundle
