#pragma once
// Cuts events out of a stream that is held in one contiguous buffer. No byte is copied but where an
// event has several data lines, and none is looked at twice however the stream was split. [worker]

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace headgate::http {

enum class EventFraming : std::uint8_t {
  sse,               // text/event-stream, as the WHATWG has it
  ndjson,            // one JSON text per line
  aws_event_stream,  // application/vnd.amazon.eventstream: binary, with checksums
};

struct EventLimits {
  // Bytes of one event with its framing. A larger one fails.
  std::size_t event_bytes_max = 1024 * 1024;
};

// Views into the input or into the cutter; valid until its next call or until the input moves.
class Event {
 public:
  Event() = default;

  // All bytes of the event with its terminator. The raws of a stream, one behind the other, are the
  // stream.
  std::string_view raw;
  // False for what is passed on but says nothing: comments, empty lines, an event without data.
  bool has_data = false;
  // What it says. Several data lines are joined by LF.
  std::string_view data;
  // `event:`, or :event-type; empty if there is none.
  std::string_view type;
  // `id:`, if this event has one.
  std::optional<std::string_view> id;
  // Binary framing only: :message-type, and :exception-type or :error-code.
  std::string_view message_type;
  std::string_view exception_type;
};

enum class CutStatus { event, need_more, failed };

class Cut {
 public:
  Cut() = default;

  CutStatus status = CutStatus::need_more;
  std::size_t consumed = 0;  // bytes of the event, to be dropped from the front of the buffer
  Event event;
  std::optional<Error> error;  // when failed: the stream cannot be read any further
};

class EventCutter {
 public:
  explicit EventCutter(EventFraming framing) : EventCutter(framing, EventLimits()) {}
  EventCutter(EventFraming framing, const EventLimits& limits)
      : framing_(framing), limits_(limits) {}

  // `in` begins behind what was consumed before and holds all that came since. With need_more, call
  // again with the same bytes and more behind them (they may lie elsewhere by then).
  Cut next(std::string_view in);

  // The stream has ended and next() wants more: what is left. Text without the terminator at its
  // end is still an event (the last one, often); need_more means that nothing was left. A binary
  // message cut short fails.
  Cut finish(std::string_view in);

  // Whether next() has looked at nothing yet of the event that comes, and events may be left out.
  bool at_event() const { return scanned_ == 0 && stream_began_; }
  // Whole events of so many bytes were left out, as if next() had given them. REQUIRES: at_event().
  void skip(std::size_t bytes) { lf_free_ = lf_free_ > bytes ? lf_free_ - bytes : 0; }

  EventFraming framing() const { return framing_; }

 private:
  struct Span {
    std::size_t at = 0;
    std::size_t size = 0;
  };

  // A line end, and where the next line begins.
  struct LineEnd {
    std::size_t at;
    std::size_t next;
    bool lone_cr;
  };

  Cut next_sse(std::string_view in);
  Cut next_line(std::string_view in);
  Cut next_message(std::string_view in);
  bool passed_byte_order_mark(std::string_view in);
  std::optional<LineEnd> find_line_end(std::string_view in);
  void take_sse_line(std::string_view in, std::size_t begin, std::size_t end);
  Cut emit_sse(std::string_view in, std::size_t end);
  Cut emit_line(std::string_view in, std::size_t line_end, std::size_t end);
  Cut wait(std::string_view in) const;
  Cut too_large() const;

  const EventFraming framing_;
  const EventLimits limits_;
  bool stream_began_ = false;

  // Of the event being read. Offsets, not views: the input may move between calls.
  std::size_t scanned_ = 0;     // no line end before this
  std::size_t lf_free_ = 0;     // no LF between scanned_ and this
  std::size_t line_begin_ = 0;  // of the line being read
  std::size_t data_lines_ = 0;
  bool after_lone_cr_ = false;  // the last line ended in CR without LF
  bool has_id_ = false;
  Span data_;
  Span type_;
  Span id_;
  std::string joined_;  // several data lines
};

}  // namespace headgate::http
