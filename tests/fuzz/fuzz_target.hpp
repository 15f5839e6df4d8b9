#pragma once
// What every fuzz target is: one function over bytes that must hold for any bytes. libFuzzer drives
// it in builds with HEADGATE_FUZZ; all other builds replay the corpus through it as a test.
//
// A target checks what must be true, not only that nothing crashes: the same bytes in two parts
// give the same result as whole. FUZZ_CHECK stays in every build, also without assertions.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#define FUZZ_CHECK(condition)                                                             \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

namespace headgate::fuzz {

// A copy in a block of exactly its size, so that AddressSanitizer sees a read past its end.
class Block {
 public:
  explicit Block(std::string_view bytes) : bytes_(new char[bytes.size()]), size_(bytes.size()) {
    bytes.copy(bytes_.get(), bytes.size());
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

// The first byte of an input chooses where it is split, the second a variant of the target.
struct Input {
  explicit Input(std::string_view bytes)
      : variant(bytes.size() > 1 ? static_cast<unsigned char>(bytes[1]) : 0),
        whole(bytes.substr(bytes.size() < 2 ? bytes.size() : 2)),
        split(whole.empty() ? 0 : static_cast<unsigned char>(bytes[0]) * whole.size() / 256) {}

  unsigned variant;
  std::string_view whole;
  std::size_t split;
};

}  // namespace headgate::fuzz

// Defines the target: FUZZ_TARGET(input) { ... }
#define FUZZ_TARGET(input)                                                            \
  static void run_target(const headgate::fuzz::Input& input);                         \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    run_target(headgate::fuzz::Input({reinterpret_cast<const char*>(data), size}));   \
    return 0;                                                                         \
  }                                                                                   \
  static void run_target(const headgate::fuzz::Input& input)
