#pragma once
// The keys that may call: from a key's SHA-256 to who it belongs to. The keys themselves are not
// kept.

#include <headgate/config.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headgate_api_key {

using Hash = std::array<std::uint8_t, 32>;

struct KeyEntry {
  Hash hash{};
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

  // The entry of a key that a client showed, or nullptr. The time that it takes depends on the hash
  // of the key only, so it says nothing of the keys that are right.
  const KeyEntry* find(std::string_view key) const;

 private:
  std::vector<KeyEntry> entries_;  // sorted by hash
};

}  // namespace headgate_api_key
