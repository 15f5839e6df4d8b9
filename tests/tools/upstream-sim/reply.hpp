#pragma once
// An answer, framed and ready to be written: the head, and the pieces of the body as they go on
// the wire. Equal requests share one.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tools/upstream-sim/answer.hpp"
#include "tests/tools/upstream-sim/behaviour.hpp"
#include "tests/tools/upstream-sim/http_message.hpp"
#include "tests/tools/upstream-sim/simulator.hpp"

namespace sim {

struct Reply {
  std::int64_t status = 200;
  bool is_stream = false;
  bool close = false;  // the body ends with the connection, or the head says so
  Behaviour behaviour;
  std::string head;
  std::vector<Event> pieces;  // framed; the last one ends the body
  std::string end;            // what ends a chunked body: its own piece, so that a cut can omit it
  std::int64_t tokens = 0;    // how many of the pieces count as tokens

  // Head and body in one, when nothing asks for anything else.
  bool immediate = false;
  std::string bytes;
};

// Frames `answer`. Immediate when no knob of time or fault wants it piece by piece.
std::shared_ptr<const Reply> frame(Answer answer, const Behaviour& behaviour,
                                   bool client_keeps_alive);

// One per thread. [worker]
class Replies {
 public:
  explicit Replies(Simulator& simulator) : simulator_(simulator) {}

  // The reply to this request. Remembers the last plain ones, so that a benchmark's equal requests
  // cost a comparison.
  std::shared_ptr<const Reply> reply_to(const RequestHead& head, std::string_view body);

  // Whether the knob noContinue is set, which counts before there is a body.
  bool no_continue();

 private:
  struct Remembered {
    std::string method_and_target;
    std::string key;
    Facts facts;
    bool keep_alive = true;
    std::shared_ptr<const Reply> reply;
  };

  void refresh();
  Behaviour behaviour_for(const RequestHead& head, std::string_view body, bool& plain);

  Simulator& simulator_;
  std::uint64_t generation_ = 0;
  std::shared_ptr<const Settings> settings_;
  std::vector<Remembered> remembered_;
  std::size_t next_ = 0;
};

}  // namespace sim
