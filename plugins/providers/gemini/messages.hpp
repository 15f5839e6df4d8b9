#pragma once
// The messages of a chat as Gemini's systemInstruction and contents. Pure.

#include <headgate/json_view.hpp>
#include <headgate/llm/chat_request.hpp>
#include <headgate/llm/json_writer.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "request.hpp"

namespace headgate_gemini {

// Collects messages in order. Gemini wants turns: messages of one side that follow each other
// become one content, and the results of parallel calls must stand together.
class MessageTranslator {
 public:
  // The first thing that cannot be said, if any.
  std::optional<Refusal> translate(const hg::JsonView& messages);

  void write(hg::llm::JsonWriter& json) const;

 private:
  void add(const hg::llm::Message& message, std::size_t index);
  void add_content(const hg::JsonView& content, std::string& parts, std::size_t index);
  void add_part(const hg::llm::Part& part, std::string& parts, const std::string& place);
  void add_media(std::string_view url, std::string& parts, const std::string& place);
  void add_tool_calls(const hg::JsonView& calls, std::string& parts, std::size_t index);
  void add_tool_result(const hg::llm::Message& message, std::size_t index);
  void refuse(std::string field, std::string message);
  std::string& turn(const char* role);

  struct Turn {
    const char* role;
    std::string parts;  // JSON objects, separated by commas
  };

  std::string system_;
  std::vector<Turn> turns_;
  std::map<std::string, std::string> call_names_;  // by tool call id: results carry the name
  std::optional<Refusal> refusal_;
};

}  // namespace headgate_gemini
