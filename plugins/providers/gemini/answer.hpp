#pragma once
// From Gemini's answers to the neutral form: whole, and event by event. Pure.

#include <headgate/call.hpp>
#include <headgate/json_view.hpp>
#include <headgate/llm/chat_answer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate_gemini {

// usageMetadata; nothing when it is not there.
std::optional<hg::Usage> read_usage(const hg::JsonView& answer);

// The chat word for a finishReason.
std::string_view finish_reason(std::string_view gemini, bool called_tools);

// A whole GenerateContentResponse as a chat completion. `model` is what was asked for, `created` is
// Unix seconds. Nothing when it is not such an answer.
std::optional<std::string> translate_answer(std::string_view body, std::string_view model,
                                            std::uint64_t created);

// A stream. Each event becomes any number of chunks.
class StreamTranslator {
 public:
  StreamTranslator(std::string_view model, std::uint64_t created);

  // Appends the chunks of one event. Flags are HG_EVENT_*.
  hg::EventFlags translate(const hg::JsonView& event, std::vector<std::string>& chunks);

  const std::optional<hg::Usage>& usage() const { return usage_; }
  std::string usage_chunk() { return chunks_.usage(*usage_); }

 private:
  struct Choice {
    bool begun = false;
    bool finished = false;
    std::size_t tools = 0;
  };

  hg::EventFlags translate_candidate(const hg::JsonView& candidate, std::vector<std::string>& out);
  Choice& choice(std::size_t index);

  hg::llm::ChunkWriter chunks_;
  std::vector<Choice> choices_;
  std::optional<hg::Usage> usage_;
};

}  // namespace headgate_gemini
