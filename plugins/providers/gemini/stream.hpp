#pragma once
// A stream of Gemini, event by event, in the neutral form. Pure.

#include <headgate/call.hpp>
#include <headgate/json_document.hpp>
#include <headgate/llm/blocks.hpp>
#include <headgate/llm/chat_answer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "part.hpp"

namespace headgate_gemini {

// What a choice keeps for the end of its stream.
inline constexpr std::size_t kBlockBytesMax = 256 * 1024;

// Each event becomes any number of chunks.
class StreamTranslator {
 public:
  StreamTranslator() : chunks_(hg::llm::AnswerHead{}) {}

  // Before the first event. `choices` is how many were asked for.
  void begin(std::string_view model, std::uint64_t choices, std::uint64_t created);

  // Appends the chunks of one event. Flags are HG_EVENT_*.
  hg::EventFlags translate(const hg::JsonView& event, std::vector<std::string>& chunks);

  // The stream ended in order. HG_EVENT_FINAL if every choice that began has also ended.
  hg::EventFlags finish() const;

  // The model broke down: what came is not an answer.
  bool broken() const { return broken_; }

  // What is known so far.
  const std::optional<hg::Usage>& usage() const { return usage_; }
  std::string usage_chunk() const { return chunks_.usage(*usage_, usage_headgate_); }

 private:
  struct Choice {
    bool begun = false;
    bool said = false;
    bool finished = false;
    std::size_t tools = 0;
    std::size_t images = 0;
    hg::llm::BlockWriter blocks{kOrigin, kBlockBytesMax};
  };
  // What is said of a candidate's event, and goes with its first chunk.
  struct Beside {
    std::size_t choice;
    std::string logprobs;
    std::string extra;
  };

  void note_usage(const hg::Usage& usage);
  void translate_answer(const hg::JsonMembers& event, hg::EventFlags& flags,
                        std::vector<std::string>& out);
  hg::EventFlags translate_candidate(const hg::JsonMembers& candidate,
                                     std::vector<std::string>& out);
  hg::EventFlags translate_part(const hg::JsonMembers& part, Beside& beside,
                                std::vector<std::string>& out);
  hg::EventFlags say(const AnswerPart& part, Beside& beside, std::vector<std::string>& out);
  Choice& open(std::size_t index, std::vector<std::string>& out);

  hg::llm::ChunkWriter chunks_;
  std::string id_;
  std::uint64_t choices_wanted_ = 1;
  std::vector<Choice> choices_;
  std::optional<hg::Usage> usage_;
  std::string usage_headgate_;
  bool broken_ = false;
};

}  // namespace headgate_gemini
