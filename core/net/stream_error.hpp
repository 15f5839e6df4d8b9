#pragma once
// Error codes of streams that no system call gives.

#include "core/net/task.hpp"

namespace headgate::net {

enum class StreamError {
  truncated = 1,  // TLS ended by FIN without close_notify
  tls_failed,     // the peer broke the protocol, or sent an alert
};

const boost::system::error_category& stream_category();
ErrorCode make_error_code(StreamError error);

}  // namespace headgate::net
