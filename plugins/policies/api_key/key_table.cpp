#include "key_table.hpp"

#include <headgate/wildcard.hpp>

#include <algorithm>
#include <bit>

namespace headgate_api_key {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Who calls, where the metadata says it; otherwise a name that tells keys apart without being one.
std::string subject_of(const hg::Config& metadata, const Hash& hash) {
  for (const std::string_view member : {"subject", "sub", "user", "name"}) {
    const hg::JsonView value = metadata.json()[member];
    if (value.is_string()) return std::string(value.raw());
  }
  std::string name = "\"key-";
  for (std::size_t i = 0; i < 4; ++i) {
    name += "0123456789abcdef"[hash[i] >> 4];
    name += "0123456789abcdef"[hash[i] & 15];
  }
  return name + "\"";
}

KeyedHash::Secret random_secret(const hg::Config& keys) {
  KeyedHash::Secret secret{};
  if (hg::host().crypto->random(reinterpret_cast<std::uint8_t*>(secret.data()), sizeof(secret)) !=
      HG_OK) {
    keys.fault("the system gives no random numbers");
  }
  return secret;
}

bool read_key(const hg::Config& config, const KeyedHash& keyed_hash, KeyEntry& entry) {
  const hg::Config key = config["key"];
  const hg::Config key_hash = config["keyHash"];
  if (key.exists() == key_hash.exists()) {
    config.fault("needs one of key and keyHash");
    return false;
  }
  if (key.exists()) {
    const std::string text = key.text("");
    if (text.empty()) key.fault("the key is empty");
    entry.hash = sha256(text);
    entry.tag = keyed_hash(text);
    entry.has_tag = true;
    return !text.empty();
  }
  if (parse_hash(key_hash.text(""), entry.hash)) return true;
  key_hash.fault(key_hash.text("").substr(0, 2) == "$2"
                     ? "bcrypt hashes are not supported yet; use sha256:HEX"
                     : "must be sha256: and 64 hex digits");
  return false;
}

}  // namespace

Hash sha256(std::string_view bytes) {
  Hash hash{};
  hg::host().crypto->sha256(hg::str(bytes), hash.data());
  return hash;
}

bool parse_hash(std::string_view text, Hash& out) {
  constexpr std::string_view kScheme = "sha256:";
  if (text.substr(0, kScheme.size()) != kScheme) return false;
  text.remove_prefix(kScheme.size());
  if (text.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_digit(text[i * 2]);
    const int low = hex_digit(text[i * 2 + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

bool KeyEntry::allows(std::string_view model) const {
  return any_model ||
         std::any_of(allowed_models.begin(), allowed_models.end(), [&](const std::string& pattern) {
           return !model.empty() && hg::wildcard_match(pattern, model);
         });
}

KeyTable::KeyTable(const hg::Config& keys) : keyed_hash_(random_secret(keys)) {
  keys.each_element([&](const hg::Config& config) {
    KeyEntry entry;
    if (!read_key(config, keyed_hash_, entry)) return;
    const hg::Config metadata = config["metadata"];
    entry.metadata = metadata.exists() ? std::string(metadata.json().raw()) : "{}";
    entry.subject = subject_of(metadata, entry.hash);
    const hg::Config models = config["allowedModels"];
    entry.any_model = !models.exists();
    models.each_element(
        [&](const hg::Config& pattern) { entry.allowed_models.push_back(pattern.text("")); });
    const bool known = std::any_of(entries_.begin(), entries_.end(),
                                   [&](const KeyEntry& other) { return other.hash == entry.hash; });
    if (known) {
      config.fault("this key is listed twice");
    } else {
      entries_.push_back(std::move(entry));
    }
  });
  std::sort(entries_.begin(), entries_.end(),
            [](const KeyEntry& a, const KeyEntry& b) { return a.hash < b.hash; });
  index_tags();
}

void KeyTable::index_tags() {
  std::size_t tags = 0;
  for (const KeyEntry& entry : entries_) tags += entry.has_tag ? 1 : 0;
  any_without_tag_ = tags != entries_.size();
  if (tags == 0) return;
  places_.assign(std::bit_ceil(2 * tags), kFree);
  for (std::uint32_t place = 0; place < entries_.size(); ++place) {
    if (!entries_[place].has_tag) continue;
    std::size_t at = entries_[place].tag[0];
    while (places_[at & (places_.size() - 1)] != kFree) ++at;
    places_[at & (places_.size() - 1)] = place;
  }
}

const KeyEntry* KeyTable::find(std::string_view key) const {
  if (!places_.empty()) {
    if (const KeyEntry* found = find_by_tag(keyed_hash_(key))) return found;
  }
  return any_without_tag_ ? find_by_hash(sha256(key)) : nullptr;
}

// Which places it looks at and when it ends depend on tags, which nobody outside can compute.
const KeyEntry* KeyTable::find_by_tag(const Tag& tag) const {
  for (std::size_t at = tag[0];; ++at) {
    const std::uint32_t place = places_[at & (places_.size() - 1)];
    if (place == kFree) return nullptr;
    const Tag& other = entries_[place].tag;
    if (((other[0] ^ tag[0]) | (other[1] ^ tag[1])) == 0) return &entries_[place];
  }
}

const KeyEntry* KeyTable::find_by_hash(const Hash& hash) const {
  const auto found = std::lower_bound(
      entries_.begin(), entries_.end(), hash,
      [](const KeyEntry& entry, const Hash& wanted) { return entry.hash < wanted; });
  if (found == entries_.end()) return nullptr;
  const auto bytes = [](const Hash& of) {
    return hg_str{reinterpret_cast<const char*>(of.data()), of.size()};
  };
  return hg::host().crypto->equal(bytes(found->hash), bytes(hash)) == 1 ? &*found : nullptr;
}

}  // namespace headgate_api_key
