#pragma once
// Takes the content coding off a body as it comes. Output is bounded, so that a small body cannot
// unfold into all memory. [worker]

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace headgate::http {

class ContentDecoder {
 public:
  virtual ~ContentDecoder() = default;

  // Decodes all of `in` and appends to `out`, which never grows beyond `out_max` bytes in total:
  // that fails with "decoded_body_too_large". Bytes that are not of this coding, and any behind its
  // end, fail with "bad_content_encoding". After a failure the decoder is of no use.
  virtual Result<void> feed(std::string_view in, std::string& out, std::size_t out_max) = 0;

  // The coded body is complete. One that ends before that was cut short.
  virtual bool finished() const = 0;
};

// For one Content-Encoding: gzip, x-gzip, deflate (with or without its zlib wrapper), br, identity.
// Anything else, also a list, fails with "unsupported_content_encoding". Errors are the upstream's.
Result<std::unique_ptr<ContentDecoder>> make_decoder(std::string_view encoding);

// The codings of an Accept-Encoding that make_decoder() knows, with their weights, as it has them.
std::string decodable_of(std::string_view accept_encoding);

}  // namespace headgate::http
