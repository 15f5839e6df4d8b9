// A head in two parts is the head; what is accepted can be written and read again.

#include "core/http/head_parser.hpp"
#include "core/http/head_writer.hpp"
#include "core/http/header_rules.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace headgate::http {
namespace {

// Both have a start line besides what they have in common.
void write_start(std::string& out, const RequestHead& head) {
  write_request_line(out, head.method, head.target);
}
void write_start(std::string& out, const ResponseHead& head) {
  write_status_line(out, head.status);
}

template <class Head>
std::string rewrite(const Head& head) {
  std::string out;
  write_start(out, head);
  for (const Header& header : head.headers) {
    FUZZ_CHECK(is_token(header.name) && is_field_value(header.value));
    write_header(out, header.name, header.value);
  }
  FUZZ_CHECK(!head.chunked || !head.content_length);
  write_head_end(out);
  return out;
}

template <class Head, class Parse>
void check(const fuzz::Input& input, const HeadLimits& limits, Parse parse) {
  const fuzz::Block whole(input.whole);
  const fuzz::Block front(input.whole.substr(0, input.split));
  Head once;
  Head twice;
  const ParseStep expected = parse(whole.view(), limits, once);
  ParseStep step = parse(front.view(), limits, twice);
  if (step.status == ParseStatus::need_more) step = parse(whole.view(), limits, twice);
  FUZZ_CHECK(step.status == expected.status && step.consumed == expected.consumed);
  if (step.status == ParseStatus::failed) FUZZ_CHECK(step.error->code == expected.error->code);
  if (step.status != ParseStatus::done) return;

  const std::string written = rewrite(once);
  FUZZ_CHECK(written == rewrite(twice));
  if (once.minor_version == 0) return;  // it is written as HTTP/1.1, which asks for more
  Head again;
  HeadLimits wider;  // a reason and spaces behind colons may have come in
  wider.head_bytes_max = wider.request_line_bytes_max = 1u << 20;
  const ParseStep reread = parse(written, wider, again);
  FUZZ_CHECK(reread.status == ParseStatus::done && reread.consumed == written.size());
  FUZZ_CHECK(again.content_length == once.content_length && again.chunked == once.chunked);
}

}  // namespace

FUZZ_TARGET(input) {
  HeadLimits limits;
  if (input.variant & 2) {
    limits.head_bytes_max = 64;
    limits.request_line_bytes_max = 32;
    limits.headers_max = 3;
  }
  if (input.variant & 1) {
    const bool head_request = (input.variant & 4) != 0;
    check<ResponseHead>(input, limits,
                        [=](std::string_view bytes, const HeadLimits& bounds, ResponseHead& head) {
                          return parse_response_head(bytes, bounds, head_request, head);
                        });
  } else {
    check<RequestHead>(input, limits, parse_request_head);
  }
}

}  // namespace headgate::http
