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
void check(const fuzz::Input& input, Parse parse) {
  const fuzz::Block whole(input.whole);
  const fuzz::Block front(input.whole.substr(0, input.split));
  Head once;
  Head twice;
  const ParseStep expected = parse(whole.view(), once);
  ParseStep step = parse(front.view(), twice);
  if (step.status == ParseStatus::need_more) step = parse(whole.view(), twice);
  FUZZ_CHECK(step.status == expected.status && step.consumed == expected.consumed);
  if (step.status == ParseStatus::failed) FUZZ_CHECK(step.error->code == expected.error->code);
  if (step.status != ParseStatus::done) return;

  const std::string written = rewrite(once);
  FUZZ_CHECK(written == rewrite(twice));
  Head again;
  const ParseStep reread = parse(written, again);
  if (once.minor_version == 0) return;  // it is written as HTTP/1.1, which asks for more
  FUZZ_CHECK(reread.status == ParseStatus::done && reread.consumed == written.size());
  FUZZ_CHECK(again.content_length == once.content_length && again.chunked == once.chunked);
}

}  // namespace

FUZZ_TARGET(input) {
  HeadLimits limits;
  if (input.variant & 2)
    limits = {.head_bytes_max = 64, .request_line_bytes_max = 32, .headers_max = 3};
  if (input.variant & 1) {
    check<ResponseHead>(input, [&](std::string_view bytes, ResponseHead& head) {
      return parse_response_head(bytes, limits, (input.variant & 4) != 0, head);
    });
  } else {
    check<RequestHead>(input, [&](std::string_view bytes, RequestHead& head) {
      return parse_request_head(bytes, limits, head);
    });
  }
}

}  // namespace headgate::http
