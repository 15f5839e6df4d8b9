#include "part.hpp"

#include <headgate/llm/chat_request.hpp>

#include <algorithm>
#include <array>

#include "extra.hpp"

namespace headgate_gemini {
namespace {

using hg::JsonMembers;
using hg::JsonView;

constexpr std::string_view kSignatureMember = "thoughtSignature";

bool is_picture(const JsonMembers& part) {
  const JsonView bytes = part["inlineData"];
  if (!bytes.is_object() || part["thought"].boolean().value_or(false)) return false;
  constexpr std::string_view kImage = "image/";
  const std::string type = bytes["mimeType"].text().value_or("image/png");
  return type.compare(0, kImage.size(), kImage) == 0 && bytes["data"].is_string() &&
         !bytes["data"].equals("");
}

std::string picture_url(const JsonView& bytes) {
  return "data:" + bytes["mimeType"].text().value_or("image/png") + ";base64," +
         bytes["data"].text().value_or("");
}

// What the model's maker ran, what it made beside text and pictures, and what is not known yet.
std::string_view word_of(const JsonMembers& part) {
  for (const std::string_view name :
       {"executableCode", "codeExecutionResult", "toolCall", "toolResponse"}) {
    if (part[name].exists()) return "server_tool";
  }
  const bool media = part["inlineData"].exists() || part["fileData"].exists();
  return media ? "media" : "other";
}

std::string opaque_of(const JsonMembers& part) {
  const JsonView signature = part[kSignatureMember];
  if (!signature.is_string() || signature.equals("")) return {};
  return hg::llm::opaque_item(kSignature, kOrigin, signature.raw());
}

// The members of a part but its signature, and of the object `name`, which the chat has a form for,
// those that it has none for.
template <std::size_t N>
std::string members_beside(const JsonMembers& part, std::string_view name,
                           const std::array<std::string_view, N>& known) {
  std::string out;
  part.each([&](std::string_view member, const JsonView& value) {
    if (member == kSignatureMember) return;
    if (member != name) return append_further(out, member, value);
    std::string inner;
    hg::llm::JsonWriter json(inner);
    json.open('{');
    value.each_member([&](std::string_view further, const JsonView& said) {
      const bool in_chat = std::find(known.begin(), known.end(), further) != known.end();
      if (!in_chat && hg::llm::says_something(said)) json.name(further).compact(said.raw());
    });
    json.close('}');
    append_further(out, member, JsonView(inner));
  });
  if (!out.empty()) out += "}}";
  return out;
}

// Of all parts but text, which is most of them.
void read_other(const JsonMembers& part, AnswerPart& out) {
  if (part["functionCall"].is_object()) {
    out.kind = PartKind::tool_call;
    out.rest.extra = members_beside(part, "functionCall", kCallMembers);
    return;
  }
  if (is_picture(part)) {
    out.kind = PartKind::image;
    out.url = picture_url(part["inlineData"]);
    out.rest.opaque = opaque_of(part);
    out.rest.extra = members_beside(part, "inlineData", kBytesMembers);
    return;
  }
  out.rest.opaque = opaque_of(part);
  out.rest.extra = further_members(part, [](std::string_view name) {
    return name == "text" || name == "thought" || name == kSignatureMember;
  });
  const bool thought = part["thought"].boolean().value_or(false);
  if (!out.text.is_string() && !out.rest.extra.empty()) {
    out.kind = PartKind::other;
    out.word = word_of(part);
    if (!thought) return;
    out.rest.extra =
        further_members(part, [](std::string_view name) { return name == kSignatureMember; });
    return;
  }
  if (thought) out.kind = PartKind::thinking;
}

}  // namespace

AnswerPart read_answer_part(const JsonMembers& part) {
  AnswerPart out;
  out.text = part["text"];
  bool only_text = true;
  part.each([&](std::string_view name, const JsonView&) { return only_text = name == "text"; });
  if (!only_text) read_other(part, out);
  return out;
}

void append_further(std::string& out, std::string_view name, const JsonView& value) {
  if (!hg::llm::says_something(value)) return;
  if (out.empty()) {
    out = "{\"" + std::string(kOrigin) + "\":{";
  } else {
    out += ',';
  }
  hg::llm::append_quoted(out, name);
  out += ':';
  hg::llm::append_compact(out, value.raw());
}

}  // namespace headgate_gemini
