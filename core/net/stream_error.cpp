#include "core/net/stream_error.hpp"

#include <string>

namespace headgate::net {
namespace {

class StreamCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "headgate.stream"; }
  std::string message(int value) const override {
    switch (static_cast<StreamError>(value)) {
      case StreamError::truncated:
        return "the TLS connection ended without close_notify";
      case StreamError::tls_failed:
        return "the TLS connection failed";
    }
    return "unknown stream error";
  }
};

}  // namespace

const boost::system::error_category& stream_category() {
  static const StreamCategory category;
  return category;
}

ErrorCode make_error_code(StreamError error) {
  return {static_cast<int>(error), stream_category()};
}

}  // namespace headgate::net
