#pragma once
// Options of a socket that it works without: one that cannot be set is left as it was. [any]

#include <sys/socket.h>

namespace headgate::net {

inline void set_option(int socket, int level, int name, int value) {
  ::setsockopt(socket, level, name, &value, sizeof(value));
}

}  // namespace headgate::net
