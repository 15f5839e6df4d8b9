#include "core/http/event_cutter.hpp"

#include <algorithm>
#include <cstring>

#include "core/http/event_message.hpp"

namespace headgate::http {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Where `byte` is in [from, to) of `in`, or `to`.
std::size_t find_byte(std::string_view in, char byte, std::size_t from, std::size_t to) {
  if (from >= to) return to;
  const void* found = std::memchr(in.data() + from, byte, to - from);
  if (!found) return to;
  return static_cast<std::size_t>(static_cast<const char*>(found) - in.data());
}

Cut bad_stream(std::string message) {
  Cut cut;
  cut.status = CutStatus::failed;
  cut.error = upstream_error("upstream_bad_response", std::move(message));
  return cut;
}

}  // namespace

Cut EventCutter::next(std::string_view in) {
  switch (framing_) {
    case EventFraming::sse:
      return next_sse(in);
    case EventFraming::ndjson:
      return next_line(in);
    default:
      return next_message(in);
  }
}

Cut EventCutter::finish(std::string_view in) {
  Cut cut = next(in);
  if (cut.status != CutStatus::need_more || in.empty()) return cut;
  if (framing_ == EventFraming::aws_event_stream)
    return bad_stream("the upstream's event stream ends inside a message");
  const std::size_t line_end = in.back() == '\r' ? in.size() - 1 : in.size();
  if (framing_ == EventFraming::ndjson) return emit_line(in, line_end, in.size());
  if (line_begin_ < line_end) take_sse_line(in, line_begin_, line_end);
  return emit_sse(in, in.size());
}

bool EventCutter::passed_byte_order_mark(std::string_view in) {
  if (stream_began_) return true;
  if (in.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(in)) return false;
  if (in.starts_with(kByteOrderMark)) line_begin_ = scanned_ = kByteOrderMark.size();
  return stream_began_ = true;
}

Cut EventCutter::next_sse(std::string_view in) {
  if (!passed_byte_order_mark(in)) return wait(in);
  while (const std::optional<LineEnd> line = find_line_end(in)) {
    const bool blank = line->at == line_begin_;
    if (!blank) take_sse_line(in, line_begin_, line->at);
    line_begin_ = scanned_ = line->next;
    after_lone_cr_ = line->lone_cr;
    if (blank) return emit_sse(in, line->next);
  }
  return wait(in);
}

// A line ends in LF, CRLF or CR. A CR at the end of the input may be half of a CRLF, and so is
// waited upon, but not when an event would wait with it: behind a line that ended in a lone CR, an
// empty one does so too. (Should an LF follow, it is one more empty line, which says nothing.)
std::optional<EventCutter::LineEnd> EventCutter::find_line_end(std::string_view in) {
  // The empty line that ends most events needs no search.
  if (line_begin_ < in.size() && in[line_begin_] == '\n') {
    return LineEnd{line_begin_, line_begin_ + 1, false};
  }
  lf_free_ = find_byte(in, '\n', std::max(scanned_, lf_free_), in.size());
  const std::size_t cr = find_byte(in, '\r', scanned_, lf_free_);
  if (cr == lf_free_) {
    scanned_ = cr;
    if (cr == in.size()) return std::nullopt;
    return LineEnd{cr, cr + 1, false};
  }
  const bool ends_event = after_lone_cr_ && cr == line_begin_;
  if (!ends_event && cr + 1 == in.size()) {
    scanned_ = cr;
    return std::nullopt;
  }
  if (!ends_event && in[cr + 1] == '\n') return LineEnd{cr, cr + 2, false};
  return LineEnd{cr, cr + 1, true};
}

void EventCutter::take_sse_line(std::string_view in, std::size_t begin, std::size_t end) {
  const std::size_t colon =
      in.substr(begin, 5) == "data:" ? begin + 4 : find_byte(in, ':', begin, end);
  std::size_t value = std::min(colon + 1, end);
  if (value < end && in[value] == ' ') ++value;
  const std::string_view name = in.substr(begin, colon - begin);
  const Span span{value, end - value};
  if (name == "data") {
    if (++data_lines_ == 1) {
      data_ = span;
      return;
    }
    if (data_lines_ == 2) joined_.assign(in, data_.at, data_.size);
    joined_ += '\n';
    joined_.append(in, span.at, span.size);
  } else if (name == "event") {
    type_ = span;
  } else if (name == "id" && find_byte(in, '\0', value, end) == end) {
    has_id_ = true;
    id_ = span;
  }
}

Cut EventCutter::emit_sse(std::string_view in, std::size_t end) {
  if (end > limits_.event_bytes_max) return too_large();
  Cut cut;
  cut.status = CutStatus::event;
  cut.consumed = end;
  cut.event.raw = in.substr(0, end);
  cut.event.has_data = data_lines_ > 0;
  cut.event.data = data_lines_ > 1 ? std::string_view(joined_) : in.substr(data_.at, data_.size);
  cut.event.type = in.substr(type_.at, type_.size);
  if (has_id_) cut.event.id = in.substr(id_.at, id_.size);

  lf_free_ = lf_free_ > end ? lf_free_ - end : 0;
  scanned_ = line_begin_ = data_lines_ = 0;
  has_id_ = after_lone_cr_ = false;
  data_ = type_ = id_ = Span();
  return cut;
}

Cut EventCutter::next_line(std::string_view in) {
  const std::size_t lf = find_byte(in, '\n', scanned_, in.size());
  scanned_ = lf;
  if (lf == in.size()) return wait(in);
  const bool crlf = lf > 0 && in[lf - 1] == '\r';
  return emit_line(in, crlf ? lf - 1 : lf, lf + 1);
}

Cut EventCutter::emit_line(std::string_view in, std::size_t line_end, std::size_t end) {
  if (end > limits_.event_bytes_max) return too_large();
  Cut cut;
  cut.status = CutStatus::event;
  cut.consumed = end;
  cut.event.raw = in.substr(0, end);
  cut.event.data = in.substr(0, line_end);
  cut.event.has_data = cut.event.data.find_first_not_of(" \t\r") != std::string_view::npos;
  scanned_ = 0;
  return cut;
}

Cut EventCutter::next_message(std::string_view in) {
  if (in.size() < kMessagePreludeBytes) return wait(in);
  const std::optional<std::size_t> bytes = message_bytes(in);
  if (!bytes) return bad_stream("the upstream's event stream has a message with a wrong prelude");
  if (*bytes > limits_.event_bytes_max) return too_large();
  if (in.size() < *bytes) return Cut();
  Cut cut;
  if (!decode_message(in.substr(0, *bytes), cut.event))
    return bad_stream("the upstream's event stream has a message with a wrong checksum or header");
  cut.status = CutStatus::event;
  cut.consumed = *bytes;
  return cut;
}

Cut EventCutter::wait(std::string_view in) const {
  if (in.size() > limits_.event_bytes_max) return too_large();
  return Cut();
}

Cut EventCutter::too_large() const {
  Cut cut;
  cut.status = CutStatus::failed;
  cut.error = upstream_error("upstream_event_too_large",
                             "the upstream sent an event of more than " +
                                 std::to_string(limits_.event_bytes_max) + " bytes");
  return cut;
}

}  // namespace headgate::http
