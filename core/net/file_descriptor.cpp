#include "core/net/file_descriptor.hpp"

#include <unistd.h>

namespace headgate::net {

void FileDescriptor::reset(int value) {
  const int old = std::exchange(value_, value);
  if (old >= 0) ::close(old);
}

}  // namespace headgate::net
