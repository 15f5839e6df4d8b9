#pragma once
// Helpers for the tests of heads: parse a literal whole, and split at every byte, which must make
// no difference.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/http/head_parser.hpp"
#include "tests/core/http/exact_bytes.hpp"

namespace headgate::http {

inline std::string describe(const ParseStep& step) {
  switch (step.status) {
    case ParseStatus::need_more:
      return "need more";
    case ParseStatus::done:
      return "done " + std::to_string(step.consumed);
    default:
      return std::to_string(step.error->status) + " " + std::string(step.error->code) + ": " +
             step.error->message;
  }
}

inline std::string describe(const MessageHead& head) {
  std::string text = " 1." + std::to_string(head.minor_version);
  text += head.content_length ? " length " + std::to_string(*head.content_length) : "";
  text += head.chunked ? " chunked" : "";
  text += head.keep_alive ? " keep-alive" : "";
  text += head.upgrade ? " upgrade" : "";
  for (const Header& header : head.headers)
    text += " [" + std::string(header.name) + "|" + std::string(header.value) + "]";
  return text;
}

inline std::string describe(const RequestHead& head) {
  return std::string(head.method) + " " + std::string(head.target) + " " +
         std::string(head.authority) + (head.expect_continue ? " expects" : "") +
         describe(static_cast<const MessageHead&>(head));
}

inline std::string describe(const ResponseHead& head) {
  return std::to_string(head.status) + " " + std::string(head.reason) +
         describe(static_cast<const MessageHead&>(head));
}

// What `parse` (bytes, head) makes of `bytes`, and of them in two parts and byte by byte. `out` is
// filled from the whole; its views point into `bytes`.
template <class Head, class Parse>
ParseStep parse_every_way(std::string_view bytes, Head& out, Parse parse) {
  const ParseStep whole = parse(bytes, out);
  const std::string expected =
      describe(whole) + (whole.status == ParseStatus::done ? describe(out) : "");
  for (std::size_t split = 0; split <= bytes.size(); ++split) {
    Head head;
    const ExactBytes front(bytes.substr(0, split));
    const ExactBytes all(bytes);
    ParseStep step = parse(front.view(), head);
    if (step.status == ParseStatus::need_more) step = parse(all.view(), head);
    EXPECT_EQ(describe(step) + (step.status == ParseStatus::done ? describe(head) : ""), expected)
        << "split at " << split;
  }
  Head head;
  ParseStep step = ParseStep::need_more();
  for (std::size_t size = 0; size <= bytes.size() && step.status == ParseStatus::need_more; ++size)
    step = parse(bytes.substr(0, size), head);
  EXPECT_EQ(describe(step) + (step.status == ParseStatus::done ? describe(head) : ""), expected)
      << "byte by byte";
  return whole;
}

inline ParseStep parse_request(std::string_view bytes, RequestHead& out,
                               const HeadLimits& limits = HeadLimits()) {
  return parse_every_way(bytes, out, [&](std::string_view part, RequestHead& head) {
    return parse_request_head(part, limits, head);
  });
}

inline ParseStep parse_response(std::string_view bytes, ResponseHead& out,
                                bool head_request = false,
                                const HeadLimits& limits = HeadLimits()) {
  return parse_every_way(bytes, out, [&](std::string_view part, ResponseHead& head) {
    return parse_response_head(part, limits, head_request, head);
  });
}

}  // namespace headgate::http
