#pragma once
// The messages of a chat as Gemini's systemInstruction and contents. Pure.

#include <headgate/json_view.hpp>
#include <headgate/llm/chat_request.hpp>
#include <headgate/llm/dropped.hpp>
#include <headgate/llm/json_writer.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model.hpp"
#include "model_turn.hpp"
#include "request.hpp"

namespace headgate_gemini {

// Ids of calls that Gemini gave none begin like this: they are ours, and Gemini is not told them.
inline constexpr std::string_view kOwnCallId = "call_gm_";

// Collects messages in order. Gemini wants turns: messages of one side that follow each other
// become one content. The results of parallel calls stand together, in the order of the calls, and
// apart from what the user says next.
class MessageTranslator {
 public:
  MessageTranslator(const Family& family, hg::llm::Dropped& dropped)
      : family_(family), dropped_(dropped) {}

  // The first thing that cannot be said, if any.
  std::optional<Refusal> translate(const hg::JsonView& messages);

  void write(hg::llm::JsonWriter& json) const;

 private:
  enum class Side { user, model, results };
  struct Turn {
    Side side;
    std::string parts;                                // JSON objects, separated by commas
    std::string further;                              // members beside its role and parts
    std::multimap<std::size_t, std::string> results;  // by the number of the call
  };
  struct KnownCall {
    std::string name;
    std::size_t number = 0;  // counted over the whole conversation
  };

  void add(const hg::llm::Message& message, std::size_t index);
  void add_further(const hg::llm::Message& message, std::string& of_content);
  void add_system(const hg::llm::Message& message, std::size_t index);
  void add_user(const hg::llm::Message& message, std::size_t index);
  void add_assistant(const hg::llm::Message& message, std::size_t index);
  void add_known(const std::vector<TurnPart>& known, std::string& parts, std::size_t index);
  void add_projection(const hg::llm::Message& message, std::string& parts, std::size_t index);
  void add_content(const hg::JsonView& content, std::string& parts, std::size_t index);
  void add_part(const hg::llm::Part& part, std::string& parts, const std::string& place);
  void add_tool_calls(const hg::JsonView& calls, std::string& parts, std::size_t index);
  bool add_tool_call(const hg::llm::ToolCall& call, const FurtherMembers& further, bool first,
                     std::string& parts, const std::string& place);
  void add_tool_result(const hg::llm::Message& message, std::size_t index);
  void refuse(std::string field, std::string message);
  void drop(const Lost& lost);
  Turn& turn(Side side);

  Family family_;
  hg::llm::Dropped& dropped_;
  std::string system_;
  std::string system_further_;
  std::vector<Turn> turns_;
  std::map<std::string, KnownCall> calls_;  // by id: results carry the name
  std::size_t calls_seen_ = 0;
  std::optional<Refusal> refusal_;
};

}  // namespace headgate_gemini
