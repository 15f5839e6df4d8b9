#pragma once
// A JSON body that can be read and edited without being parsed and written anew. It is scanned once
// for its top-level members; setting one of them is a splice. What is sent is a list of pieces:
// views into what the client sent and new text between them. [worker]

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/arena.hpp"
#include "core/exchange/json_scan.hpp"

namespace headgate::exchange {

enum class EditResult : std::uint8_t { ok, not_found, invalid };

class JsonBody {
 public:
  // Both must outlive the body.
  JsonBody(Arena& arena, JsonScanner& scanner)
      : arena_(arena),
        scanner_(scanner),
        members_(arena.resource()),
        splices_(arena.resource()),
        added_(arena.resource()) {}

  // Takes a new text; all edits are forgotten. REQUIRES: 64 readable bytes behind it, and that it
  // outlives the body. Nothing is scanned until somebody asks.
  void assign(std::string_view text);
  // The same with a copy of bytes that have no padding behind them.
  void assign_copy(std::string_view text);
  // This body as that one is now, uncopied; edits of the one do not show in the other.
  void share(JsonBody& other);

  // Whether the text is JSON at all, and whether it is an object.
  bool is_json();
  bool is_object();
  // A top-level member by its (decoded) name.
  struct Named {
    std::optional<std::string_view> value;
    bool twice = false;  // there are two of that name: which of them counts is anybody's guess
  };
  Named named(std::string_view key);
  // Whether an object in it, itself included, has the member kReservedMember.
  bool holds_reserved();
  // Whether one may have a member that the scanner watches for.
  bool may_hold_watched();

  // The value at an RFC 6901 pointer as it stands, or nothing. The view lives as long as the arena.
  std::optional<std::string_view> get(std::string_view pointer);
  EditResult set(std::string_view pointer, std::string_view json);
  // The same without a copy and a check. REQUIRES: `json` is JSON with the readable bytes behind it
  // that a scan needs, and outlives the body.
  EditResult set_checked(std::string_view pointer, std::string_view json);
  EditResult remove(std::string_view pointer);

  // The whole text with its edits, in one piece.
  std::string_view text();
  std::size_t size() const;
  bool edited() const { return !splices_.empty() || !added_.empty(); }
  // Grows with whatever may have changed the text: while it is the same, so is all that was read.
  std::uint64_t version() const { return version_; }
  // Whether it is still what assign() was given.
  bool is(std::string_view text) const {
    return !edited() && text_.data() == text.data() && text_.size() == text.size();
  }
  // Appends what is to be sent.
  void append_pieces(std::pmr::vector<std::string_view>& out) const;

 private:
  struct Splice {
    std::size_t at;     // offset into text_
    std::size_t erase;  // bytes that it replaces
    std::string_view insert;
  };
  struct Added {
    std::string_view key;  // as JSON string with quotes
    std::string_view value;
  };

  void scan();
  void note_name(std::string_view key);
  JsonMember* find(std::string_view key);
  std::optional<std::string_view> top(std::string_view key);
  void set_top(std::string_view key, std::string_view json);
  void remove_top(std::string_view key);
  void flatten();

  std::optional<std::string_view> descend(std::string_view json, std::string_view pointer);
  // `json` with the value at `pointer` set (or removed, where `value` is empty).
  EditResult rebuilt(std::string_view json, std::string_view pointer, std::string_view value,
                     std::string_view& out);
  EditResult rebuilt_array(std::string_view token, std::string_view rest, std::string_view value,
                           JsonMembers& elements);

  Arena& arena_;
  JsonScanner& scanner_;
  std::string_view text_;
  std::uint64_t version_ = 0;
  bool scanned_ = false;
  SeenNames seen_;  // in the text and its edits, also those that were taken back
  JsonShape shape_ = JsonShape::invalid;
  JsonMembers members_;
  std::pmr::vector<Splice> splices_;  // by offset, not overlapping
  std::pmr::vector<Added> added_;     // behind the opening brace
};

}  // namespace headgate::exchange
