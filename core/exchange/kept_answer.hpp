#pragma once
// What the client has of an answer that comes as a stream, as far as it must be known to go on with
// it elsewhere: its text, and the event that it began with. [worker]

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/exchange/body_budget.hpp"
#include "core/exchange/call.hpp"
#include "core/plugin/dialect_instance.hpp"

namespace headgate::exchange {

// What one event says.
struct Said {
  bool only_text = false;
  std::string text;
};
// Asks the dialect that the event is in. The call's emitted events are gone then.
Said said_by(const plugin::DialectInstance& dialect, Call& call, std::string_view data);

class KeptAnswer {
 public:
  // Of the text; an answer above it ends in an error when it is cut.
  static constexpr std::size_t kTextMax = 256 * 1024;
  // Of the first event.
  static constexpr std::size_t kFirstEventMax = 64 * 1024;

  // `dialect` is the one that the events are in; a null one is none that can tell. `budget` is that
  // of all bodies; where it has no room the answer is not kept.
  KeptAnswer(const plugin::DialectInstance* dialect, BodyBudget& budget);

  // One more event that the client gets.
  void keep(Call& call, std::string_view data);
  // The same where it is known what the event says.
  void keep(const Said& said);

  // Whether all that the client has is known, and is nothing but text.
  bool complete() const { return complete_; }
  // Not any more.
  void give_up();

  const plugin::DialectInstance* dialect() const { return dialect_; }
  const std::string& first_event() const { return first_event_; }
  const std::string& text() const { return text_; }
  // Events that brought text: no more tokens than the answer has.
  std::uint64_t text_events() const { return text_events_; }

 private:
  bool reserve(std::size_t bytes);

  const plugin::DialectInstance* dialect_;
  BodyBudget* budget_;
  BodyBudget::Share share_;
  std::string first_event_;
  std::string text_;
  std::uint64_t text_events_ = 0;
  bool complete_;
};

}  // namespace headgate::exchange
