#pragma once
// What a message of the assistant's holds, in order: `headgate.blocks` of the neutral form.
//
//   "headgate": {"blocks": [
//     {"kind": "thinking", "origin": "gemini.generate", "length": 12},
//     {"kind": "text", "length": 5},
//     {"kind": "tool_call", "id": "call_1"},
//     {"kind": "image", "origin": "gemini.generate"},
//     {"kind": "server_tool", "extra": {"gemini.generate": {"executableCode": {...}}}},
//     {"kind": "text", "length": 0,
//      "opaque": {"kind": "thought_signature", "origin": "gemini.generate", "bytes": "c2ln"}}]}
//
// Blocks say where things stand and hold what the chat format has no member for. What it has a
// member for is read there, so what is changed there holds: `length` counts the UTF-8 bytes that
// are the block's of `content` (text) or `reasoning_content` (thinking), a tool call is the next of
// `tool_calls`, an image the next of `images`. Blocks that do not fit these members count as not
// there.
//
//   kind    text, thinking, tool_call, image, or for what only `extra` holds: server_tool, media,
//           other
//   id      of the tool call
//   origin  who made it and may be sent it again
//   opaque  {kind, origin, bytes}: what only its origin can read; others leave it out
//   extra   members that the neutral form does not know, by the id of the format that has them
//
// A message of one text, and calls behind it if any, needs no blocks. A stream says of each delta
// what block it belongs to in the choice's `headgate.block` {index, kind, start}, except for the
// text that an answer begins with, and has the whole list in the delta of the chunk that finishes
// the choice. A block ends where the next one begins or the choice is finished; where its first
// delta is its last, that has `stop`.

#include <headgate/json_view.hpp>
#include <headgate/llm/json_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hg::llm {

// Where a delta stands.
struct BlockMark {
  std::size_t index = 0;
  std::string_view kind;  // static; empty: text that the answer begins with
  bool start = false;
  bool stop = false;
};

// What a block holds beside its place; both are JSON objects, or empty.
struct BlockRest {
  std::string opaque;
  std::string extra;

  bool empty() const { return opaque.empty() && extra.empty(); }
};

// {kind, origin, bytes}; `bytes` is a JSON string as it stands.
inline std::string opaque_item(std::string_view kind, std::string_view origin,
                               std::string_view bytes) {
  std::string out;
  JsonWriter json(out);
  json.open('{').key("kind").quoted(kind).key("origin").quoted(origin);
  json.key("bytes").raw(bytes).close('}');
  return out;
}

// Collects the blocks of one message while its content goes elsewhere: for whole answers and for
// streams. `origin` is static. What it keeps takes `bytes_max` at most; where there is more, there
// is no list, and what blocks of a stream hold has only been in its chunks.
class BlockWriter {
 public:
  explicit BlockWriter(std::string_view origin, std::size_t bytes_max = SIZE_MAX)
      : origin_(origin), bytes_max_(bytes_max) {}

  // `bytes` more of the text or of the thoughts. With a rest it is a block of its own; without
  // either it is none.
  BlockMark text(std::size_t bytes, BlockRest rest = {}) {
    if (count_ == 0 && rest.empty()) {
      leading_ += bytes;
      return {};
    }
    return said("text", bytes, std::move(rest));
  }
  BlockMark thinking(std::size_t bytes, BlockRest rest = {}) {
    return said("thinking", bytes, std::move(rest));
  }
  BlockMark tool_call(std::string_view id, BlockRest rest = {}) {
    needed_ = needed_ || !rest.empty();
    return whole({"tool_call", 0, std::string(id), std::move(rest)});
  }
  BlockMark image(BlockRest rest = {}) {
    needed_ = true;
    return whole({"image", 0, {}, std::move(rest)});
  }
  // `kind` is static.
  BlockMark other(std::string_view kind, BlockRest rest) {
    needed_ = true;
    return whole({kind, 0, {}, std::move(rest)});
  }

  bool empty() const { return count_ == 0 && leading_ == 0; }

  // JSON for the message's "headgate"; empty where the message says everything without.
  std::string headgate() const {
    if (!needed_ || kept_ > bytes_max_) return {};
    std::string out;
    JsonWriter json(out);
    json.open('{').key("blocks").open('[');
    for (const Block& block : blocks_) write(json, block);
    json.close(']').close('}');
    return out;
  }

 private:
  struct Block {
    std::string_view kind;
    std::size_t length = 0;
    std::string id;
    BlockRest rest;
  };

  BlockMark said(std::string_view kind, std::size_t bytes, BlockRest rest) {
    if (bytes == 0 && rest.empty()) return {};
    needed_ = true;  // only text that comes first and calls behind it are where the format has them
    if (open_ == kind && rest.empty()) {
      if (!blocks_.empty()) blocks_.back().length += bytes;
      return {count_ - 1, kind, false, false};
    }
    const bool closed = !rest.empty();
    BlockMark mark = whole({kind, bytes, {}, std::move(rest)});
    mark.stop = closed;
    if (!closed) open_ = kind;
    return mark;
  }

  BlockMark whole(Block block) {
    if (count_ == 0 && leading_ > 0) {
      blocks_.push_back({"text", leading_, {}, {}});
      count_ = 1;
    }
    open_ = {};
    const BlockMark mark{count_++, block.kind, true, true};
    kept_ += sizeof(Block) + block.id.size() + block.rest.opaque.size() + block.rest.extra.size();
    if (kept_ > bytes_max_) {
      blocks_.clear();
    } else {
      blocks_.push_back(std::move(block));
    }
    return mark;
  }

  void write(JsonWriter& json, const Block& block) const {
    json.open('{').key("kind").quoted(block.kind);
    if (block.kind == "tool_call") json.key("id").quoted(block.id);
    const bool is_text = block.kind == "text";
    if (block.kind == "thinking" || block.kind == "image") json.key("origin").quoted(origin_);
    if (is_text || block.kind == "thinking") json.key("length").number(block.length);
    if (!block.rest.opaque.empty()) json.key("opaque").raw(block.rest.opaque);
    if (!block.rest.extra.empty()) json.key("extra").raw(block.rest.extra);
    json.close('}');
  }

  std::string_view origin_;
  std::size_t bytes_max_;
  std::size_t kept_ = 0;
  std::size_t leading_ = 0;  // bytes of text before any other block
  std::size_t count_ = 0;
  std::string_view open_;  // kind of the last block, if more may follow
  bool needed_ = false;
  std::vector<Block> blocks_;
};

// JSON for a choice's "headgate" in a chunk; empty where there is nothing to say. `extra` is a JSON
// object or empty; what the block holds is said with its mark.
inline std::string choice_headgate(std::string_view extra, const BlockMark& mark,
                                   const BlockRest& rest = {}) {
  std::string out;
  if (extra.empty() && mark.kind.empty()) return out;
  JsonWriter json(out);
  json.open('{');
  if (!extra.empty()) json.key("extra").raw(extra);
  if (!mark.kind.empty()) {
    json.key("block").open('{').key("index").number(mark.index).key("kind").quoted(mark.kind);
    if (mark.start) json.key("start").boolean(true);
    if (mark.stop) json.key("stop").boolean(true);
    if (!rest.opaque.empty()) json.key("opaque").raw(rest.opaque);
    if (!rest.extra.empty()) json.key("extra").raw(rest.extra);
    json.close('}');
  }
  json.close('}');
  return out;
}

// The same for a choice that is finished: why, in the chat's word and in the vendor's own.
inline std::string finish_headgate(std::string_view reason, std::string_view raw,
                                   std::string_view extra) {
  std::string out;
  JsonWriter json(out);
  json.open('{').key("stop").open('{').key("reason").quoted(reason);
  json.key("raw").quoted(raw).close('}');
  if (!extra.empty()) json.key("extra").raw(extra);
  json.close('}');
  return out;
}

// A block as it came back from a client.
struct Block {
  JsonView kind;
  JsonView origin;
  JsonView opaque;
  JsonView extra;
  JsonView id;
  std::optional<std::uint64_t> length;
};

inline Block read_block(const JsonView& json) {
  Block block;
  json.each_member([&](std::string_view name, JsonView value) {
    if (name == "kind") block.kind = value;
    if (name == "origin") block.origin = value;
    if (name == "opaque") block.opaque = value;
    if (name == "extra") block.extra = value;
    if (name == "id") block.id = value;
    if (name == "length") block.length = value.unsigned_integer();
  });
  return block;
}

// The next `length` bytes of `text`, from which they are cut; nothing where it is shorter, or where
// that would part a character.
inline std::optional<std::string_view> take_slice(std::string_view& text, std::uint64_t length) {
  if (length > text.size()) return std::nullopt;
  const auto bytes = static_cast<std::size_t>(length);
  if (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) {
    return std::nullopt;
  }
  const std::string_view slice = text.substr(0, bytes);
  text.remove_prefix(bytes);
  return slice;
}

// An opaque item in a field of a format that has no object for it: "hg1.<origin>.<bytes>". Without
// the prefix it is the field's own.
struct Carried {
  std::string_view origin;  // empty: whose field it is
  std::string_view bytes;
};
inline Carried read_carried(std::string_view text) {
  constexpr std::string_view kPrefix = "hg1.";
  if (text.substr(0, kPrefix.size()) != kPrefix) return {{}, text};
  const std::size_t dot = text.rfind('.');  // base64 has none
  if (dot < kPrefix.size()) return {"unknown", {}};
  return {text.substr(kPrefix.size(), dot - kPrefix.size()), text.substr(dot + 1)};
}

}  // namespace hg::llm
