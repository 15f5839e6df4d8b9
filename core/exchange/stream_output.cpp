#include "core/exchange/stream_output.hpp"

#include "core/exchange/continuation.hpp"

namespace headgate::exchange {
namespace {

bool is_behind(std::string_view bytes, std::string_view last) {
  return last.data() + last.size() == bytes.data();
}

}  // namespace

// Makes one of them where they are one.
bool StreamOutput::join(Part& last, const Part& part) {
  if (last.kind != part.kind) return false;
  if (part.kind == Kind::text) {
    if (last.at + last.size != part.at) return false;
  } else {
    if (!is_behind(part.bytes, last.bytes)) return false;
    last.bytes = {last.bytes.data(), last.bytes.size() + part.bytes.size()};
  }
  last.size += part.size;
  return true;
}

void StreamOutput::append(const Part& part) {
  bytes_ += part.size;
  if (!parts_.empty() && join(parts_.back(), part)) return;
  if (part.kind == Kind::chunks) ++chunk_runs_;
  parts_.push_back(part);
}

// Runs are settled first: so texts lie in text_ in their order.
void StreamOutput::add(std::string_view text) {
  if (text.empty()) return;
  settle();
  const std::size_t begin = text_.size();
  text_ += text;
  append(Part{Kind::text, {}, begin, text.size()});
}

void StreamOutput::add_event(std::string_view data) {
  settle();
  const std::size_t begin = text_.size();
  append_event(text_, data);
  append(Part{Kind::text, {}, begin, text_.size() - begin});
}

void StreamOutput::pass(std::string_view run) {
  if (run.empty()) return;
  if (parts_.size() >= kPartsMax) settle();
  has_runs_ = true;
  append(Part{Kind::run, run, 0, run.size()});
}

void StreamOutput::pass(const http::ChunkRun& chunks) {
  append(Part{Kind::chunks, chunks.raw, 0, static_cast<std::size_t>(chunks.data_bytes)});
}

void StreamOutput::pass_as_chunk(const http::Chunk& chunk) {
  if (parts_.empty() || parts_.back().kind != Kind::run) return;
  const std::string_view run = parts_.back().bytes;
  if (run.data() != chunk.data.data() || run.size() != chunk.data.size()) return;
  parts_.pop_back();
  bytes_ -= run.size();
  append(Part{Kind::chunks, chunk.raw, 0, chunk.data.size()});
}

void StreamOutput::settle() {
  if (!has_runs_) return;
  has_runs_ = false;
  std::size_t count = 0;
  for (Part part : parts_) {
    if (part.kind == Kind::run) {
      const std::size_t begin = text_.size();
      text_ += part.bytes;
      part = Part{Kind::text, {}, begin, part.size};
    }
    if (count == 0 || !join(parts_[count - 1], part)) parts_[count++] = part;
  }
  parts_.resize(count);
}

std::span<const BodyPiece> StreamOutput::pieces() {
  pieces_.clear();
  pieces_.reserve(parts_.size());
  for (const Part& part : parts_) {
    const bool text = part.kind == Kind::text;
    const std::string_view bytes =
        text ? std::string_view(text_).substr(part.at, part.size) : part.bytes;
    pieces_.push_back(BodyPiece{bytes, part.kind == Kind::chunks ? part.size : 0});
  }
  return pieces_;
}

void StreamOutput::clear() {
  text_.clear();
  parts_.clear();
  bytes_ = 0;
  chunk_runs_ = 0;
  has_runs_ = false;
}

}  // namespace headgate::exchange
