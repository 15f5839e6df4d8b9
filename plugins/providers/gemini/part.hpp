#pragma once
// One part of an answer of Gemini's, and members that the chat format has no place for. Pure.
// Source: https://ai.google.dev/api/caching#Part

#include <headgate/json_document.hpp>
#include <headgate/llm/blocks.hpp>

#include <string>
#include <string_view>

namespace headgate_gemini {

// Whose opaque items and further members these are.
inline constexpr std::string_view kOrigin = "gemini.generate";
inline constexpr std::string_view kSignature = "thought_signature";

enum class PartKind { text, thinking, tool_call, image, other };

struct AnswerPart {
  PartKind kind = PartKind::text;
  hg::JsonView text;        // of text and thinking; may not exist
  std::string url;          // of an image
  std::string_view word;    // of others: what kind of block it is
  hg::llm::BlockRest rest;  // a call's signature is not in it: that goes with the call
};

// Appends a member to an object of them that is still open, or begins one.
void append_further(std::string& out, std::string_view name, const hg::JsonView& value);

AnswerPart read_answer_part(const hg::JsonMembers& part);

// {"gemini.generate": {...}} with the members that say something and are not known(name); empty
// where there are none. Without space, as events of a stream must be.
template <class Known>
std::string further_members(const hg::JsonMembers& object, const Known& known) {
  std::string out;
  object.each([&](std::string_view name, const hg::JsonView& value) {
    if (!known(name)) append_further(out, name, value);
  });
  if (!out.empty()) out += "}}";
  return out;
}

}  // namespace headgate_gemini
