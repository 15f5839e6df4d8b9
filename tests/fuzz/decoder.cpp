// A body in two parts decodes to the body, within its bound.

#include "core/http/decoder.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace headgate::http {
namespace {

constexpr std::size_t kOutMax = 64 * 1024;

std::string read(std::string_view encoding, std::string_view first, std::string_view second) {
  auto decoder = make_decoder(encoding);
  FUZZ_CHECK(decoder.ok());
  std::string out;
  for (const std::string_view part : {first, second}) {
    const fuzz::Block block(part);
    const auto fed = (*decoder)->feed(block.view(), out, kOutMax);
    FUZZ_CHECK(out.size() <= kOutMax);
    if (!fed) return "failed";
  }
  return out + ((*decoder)->finished() ? " finished" : " unfinished");
}

}  // namespace
}  // namespace headgate::http

FUZZ_TARGET(input) {
  constexpr std::string_view kEncodings[] = {"gzip", "deflate", "br"};
  const std::string_view encoding = kEncodings[input.variant % 3];
  using headgate::http::read;
  FUZZ_CHECK(read(encoding, input.whole, {}) ==
             read(encoding, input.whole.substr(0, input.split), input.whole.substr(input.split)));
}
