#include "model_turn.hpp"

#include <headgate/llm/blocks.hpp>

#include "media.hpp"
#include "part.hpp"

namespace headgate_gemini {
namespace {

using hg::JsonView;
using hg::llm::Block;
using hg::llm::Dropped;
using hg::llm::JsonWriter;
using hg::llm::Message;

std::vector<JsonView> elements(const JsonView& list) {
  std::vector<JsonView> all;
  list.each_element([&](JsonView element) { all.push_back(element); });
  return all;
}

// The text of a content; nothing where there is more in it than text.
std::optional<std::string> only_text(const JsonView& content, Lost& lost) {
  std::string text;
  bool only = true;
  hg::llm::each_part(content, [&](const hg::llm::Part& part) {
    only = only && part.kind == hg::llm::PartKind::text && part.text.append_text(text);
    for (const std::string& name : part.others) lost.push_back("messages.content." + name);
    if (part.headgate.exists()) lost.emplace_back("messages.content.headgate");
  });
  const bool known = !content.exists() || content.is_string() || content.is_array();
  if (!only || !known) return std::nullopt;
  return text;
}

class TurnReader {
 public:
  TurnReader(const Message& message, Lost& lost)
      : lost_(lost), calls_(elements(message.tool_calls)), images_(elements(message.images)) {
    if (message.refusal.exists()) return;
    const auto text = only_text(message.content, lost_);
    if (!text) return;
    text_ = *text;
    text_left_ = text_;
    has_thoughts_ = message.reasoning.exists();
    lose_thoughts_ = has_thoughts_ && !message.reasoning.append_text(thoughts_);
    thoughts_left_ = thoughts_;
    fits_ = true;
  }

  // False: they do not fit.
  bool read(const std::vector<Block>& blocks) {
    std::uint64_t thought = 0;
    for (const Block& block : blocks) {
      if (block.kind.equals("thinking")) thought += block.length.value_or(0);
    }
    // Clients need not keep them, and they matter to nobody else.
    lose_thoughts_ = lose_thoughts_ || thought != thoughts_.size();
    for (const Block& block : blocks) {
      if (!fits_) break;
      fits_ = take(block);
    }
    if (has_thoughts_ && lose_thoughts_) lost_.emplace_back("messages.reasoning_content");
    return fits_ && text_left_.empty() && calls_taken_ == calls_.size() &&
           images_taken_ == images_.size();
  }

  std::vector<TurnPart> parts() { return std::move(parts_); }

 private:
  bool take(const Block& block) {
    if (block.kind.equals("text")) return take_text(block);
    if (block.kind.equals("thinking")) return take_thoughts(block);
    if (block.kind.equals("tool_call")) return take_call(block);
    if (block.kind.equals("image")) return take_image(block);
    const std::string members = members_of(block, Holds::nothing).part;
    if (!members.empty()) {
      add("{" + members + "}");
    } else if (!block.opaque.exists() && !block.extra.exists()) {
      lost_.push_back("messages.headgate." + block.kind.text().value_or("blocks"));
    }
    return true;
  }

  bool take_text(const Block& block) {
    if (!block.length) return false;
    const auto slice = hg::llm::take_slice(text_left_, *block.length);
    if (!slice) return false;
    add_text(*slice, false, members_of(block, Holds::text).part);
    return true;
  }

  bool take_thoughts(const Block& block) {
    if (lose_thoughts_ || !block.origin.equals(kOrigin)) {
      lost_.emplace_back("messages.reasoning_content");
      return true;
    }
    const auto slice = hg::llm::take_slice(thoughts_left_, block.length.value_or(0));
    if (!slice) return false;
    add_text(*slice, true, members_of(block, Holds::text).part);
    return true;
  }

  bool take_call(const Block& block) {
    if (calls_taken_ == calls_.size()) return false;
    const JsonView call = calls_[calls_taken_++];
    const auto id = block.id.text();
    if (!id || !call["id"].equals(*id)) return false;
    parts_.push_back({{}, call, members_of(block, Holds::call)});
    return true;
  }

  bool take_image(const Block& block) {
    if (images_taken_ == images_.size()) return false;
    const hg::llm::Part image = hg::llm::read_part(images_[images_taken_++]);
    if (image.headgate.exists()) lost_.emplace_back("messages.images.headgate");
    const std::string url = image.body["url"].text().value_or("");
    const auto data = hg::llm::parse_data_url(url);
    if (!block.origin.equals(kOrigin) || !data) {
      lost_.emplace_back("messages.images");
      return true;
    }
    std::string part;
    JsonWriter json(part);
    json.open('{').key("inlineData").open('{').key("mimeType").quoted(data->media_type);
    json.key("data").quoted(data->base64);
    const FurtherMembers members = members_of(block, Holds::picture);
    if (!members.inside.empty()) json.raw(members.inside);
    json.close('}');
    if (!members.part.empty()) json.raw(members.part);
    json.close('}');
    add(std::move(part));
    return true;
  }

  // Gemini wants no part of nothing.
  void add_text(std::string_view text, bool thought, const std::string& members) {
    if (text.empty() && members.empty()) return;
    std::string part;
    JsonWriter json(part);
    json.open('{').key("text").quoted(text);
    if (thought) json.key("thought").boolean(true);
    if (!members.empty()) json.raw(members);
    json.close('}');
    add(std::move(part));
  }

  void add(std::string part) { parts_.push_back({std::move(part), {}, {}}); }

  // Signature and further members, if they are Gemini's.
  FurtherMembers members_of(const Block& block, Holds holds) {
    FurtherMembers out = read_part_extra(block.extra, holds, "messages", lost_);
    if (!block.opaque.exists()) return out;
    const JsonView bytes = block.opaque["bytes"];
    if (!block.opaque["origin"].equals(kOrigin) || !block.opaque["kind"].equals(kSignature)) {
      lost_.push_back("messages.headgate." + block.opaque["origin"].text().value_or("opaque"));
    } else if (bytes.is_string()) {
      const std::string rest = out.part.empty() ? "" : "," + out.part;
      out.part = "\"thoughtSignature\":" + std::string(bytes.raw()) + rest;
    }
    return out;
  }

  Lost& lost_;
  std::vector<JsonView> calls_;
  std::vector<JsonView> images_;
  std::size_t calls_taken_ = 0;
  std::size_t images_taken_ = 0;
  std::string text_;
  std::string thoughts_;
  std::string_view text_left_;
  std::string_view thoughts_left_;
  bool has_thoughts_ = false;
  bool lose_thoughts_ = false;
  bool fits_ = false;
  std::vector<TurnPart> parts_;
};

}  // namespace

std::optional<std::vector<TurnPart>> parts_by_blocks(const Message& message, Dropped& dropped) {
  const JsonView list = message.headgate["blocks"];
  if (!list.is_array() || list.empty()) return std::nullopt;
  std::vector<Block> blocks;
  list.each_element([&](JsonView element) { blocks.push_back(hg::llm::read_block(element)); });
  std::vector<std::string> lost;
  TurnReader reader(message, lost);
  if (!reader.read(blocks)) {
    dropped.add("messages.headgate.blocks");
    return std::nullopt;
  }
  for (const std::string& name : lost) dropped.add(name);
  if (message.extra.exists()) dropped.add("messages.extra_content");
  return reader.parts();
}

std::string signature_of(const JsonView& extra, Dropped& dropped) {
  const JsonView signature = extra.at("/google/thought_signature");
  if (!signature.is_string()) return {};
  const std::string text = signature.text().value_or("");
  const hg::llm::Carried carried = hg::llm::read_carried(text);
  if (carried.origin.empty()) return std::string(signature.raw());
  if (carried.origin != kOrigin) {
    dropped.add("messages.extra_content", carried.origin);
    return {};
  }
  std::string out;
  hg::llm::append_quoted(out, carried.bytes);
  return out;
}

}  // namespace headgate_gemini
