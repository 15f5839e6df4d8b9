#pragma once
// The keys that may call: from a key to who it belongs to. The keys themselves are not kept, only
// two hashes of each: its SHA-256, which a configuration may give instead of the key, and one under
// a secret of this table's own, by which keys are found that the configuration gives themselves.
// That one costs a tenth, and without the secret nobody can tell which keys would be near another
// one or have its hash.

#include <headgate/config.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "keyed_hash.hpp"

namespace headgate_api_key {

using Hash = std::array<std::uint8_t, 32>;

struct KeyEntry {
  Hash hash{};
  Tag tag{};  // only where the configuration has the key
  bool has_tag = false;
  std::string subject;                      // JSON text: who calls, for other policies and the log
  std::string metadata;                     // JSON text
  std::vector<std::string> allowed_models;  // patterns; empty: all
  bool any_model = true;

  bool allows(std::string_view model) const;
};

Hash sha256(std::string_view bytes);
// "sha256:" and 64 hex digits; false for anything else.
bool parse_hash(std::string_view text, Hash& out);

class KeyTable {
 public:
  // Reads the list `keys`; what is wrong becomes faults that never show a key.
  explicit KeyTable(const hg::Config& keys);

  // The entry of a key that a client showed, or nullptr. The time that it takes depends on hashes
  // of the key only, so it says nothing of the keys that are right.
  const KeyEntry* find(std::string_view key) const;

 private:
  static constexpr std::uint32_t kFree = UINT32_MAX;

  void index_tags();
  const KeyEntry* find_by_tag(const Tag& tag) const;
  const KeyEntry* find_by_hash(const Hash& hash) const;

  KeyedHash keyed_hash_;
  std::vector<KeyEntry> entries_;      // sorted by hash
  std::vector<std::uint32_t> places_;  // by tag: places in entries_; half of them are kFree
  bool any_without_tag_ = false;
};

}  // namespace headgate_api_key
