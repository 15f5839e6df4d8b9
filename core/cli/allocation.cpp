// operator new and delete of the whole program and its plugins: small pieces come from what the
// thread had before (small_blocks.hpp). Not part of builds with sanitizers, which bring their own.

#include <cstdlib>
#include <new>

#include "core/base/small_blocks.hpp"

namespace headgate {
namespace {

// Apart from what closes it, so that it is reached without asking whether it has been made.
constinit thread_local SmallBlocks small_blocks;

struct Closer {
  ~Closer() { small_blocks.close(); }
};

void close_at_end_of_thread() {
  thread_local const Closer closer;
  static_cast<void>(closer);
}

void* allocate(std::size_t bytes) {
  close_at_end_of_thread();
  const std::size_t rounded = SmallBlocks::rounded(bytes);
  for (;;) {
    if (void* const piece = std::malloc(rounded)) return piece;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

}  // namespace
}  // namespace headgate

void* operator new(std::size_t bytes) {
  void* const piece = headgate::small_blocks.take(bytes);
  return piece != nullptr ? piece : headgate::allocate(bytes);
}

void operator delete(void* piece, std::size_t bytes) noexcept {
  if (!headgate::small_blocks.keep(piece, bytes)) std::free(piece);
}

// Of unknown size.
void operator delete(void* piece) noexcept {
  std::free(piece);
}
