#pragma once
// What of a stream goes out with the next write: text that was made here, runs of bytes that lie
// where they were read, and chunks that pass as they came. Not one byte is copied that need not be.
// [worker]

#include <cstddef>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/exchange/client_link.hpp"
#include "core/http/body_framing.hpp"

namespace headgate::exchange {

class StreamOutput {
 public:
  // More pieces than that are not kept apart: chunks are framed anew then, runs copied together.
  static constexpr std::size_t kChunkRunsMax = 24;
  static constexpr std::size_t kPartsMax = 64;

  explicit StreamOutput(std::pmr::memory_resource& memory) : parts_(&memory), pieces_(&memory) {}

  void add(std::string_view text);
  void add_event(std::string_view data);  // in the client's framing

  // Bytes that stay where they are until clear() or settle().
  void pass(std::string_view run);

  // Chunks with their framing, for a client that takes chunks. Their bytes stay until clear().
  void pass(const http::ChunkRun& chunks);
  // The same for one chunk where its data were passed last, in whole; otherwise nothing happens.
  void pass_as_chunk(const http::Chunk& chunk);
  // Whether the next chunk may pass with its framing.
  bool has_room_for_chunks() const { return chunk_runs_ < kChunkRunsMax; }

  // Copies the runs, for what they lie in moves on. Chunks stay where they are.
  void settle();

  bool empty() const { return parts_.empty(); }
  std::size_t bytes() const { return bytes_; }  // of the body

  // Valid until anything else is called.
  std::span<const BodyPiece> pieces();
  void clear();

 private:
  enum class Kind : std::uint8_t { text, run, chunks };
  struct Part {
    Kind kind = Kind::text;
    std::string_view bytes;  // of a run or chunks
    std::size_t at = 0;      // of text, in text_
    std::size_t size = 0;    // of the body
  };

  static bool join(Part& last, const Part& part);
  void append(const Part& part);

  std::string text_;
  std::pmr::vector<Part> parts_;
  std::pmr::vector<BodyPiece> pieces_;
  std::size_t bytes_ = 0;
  std::size_t chunk_runs_ = 0;
  bool has_runs_ = false;
};

}  // namespace headgate::exchange
