#pragma once
// One description per struct of the configuration, used twice: the reader fills the struct from the
// file by it, the schema writer writes the JSON Schema from it. So a key that is read is in the
// schema, with its type, bounds, default and words, and the other way round.
//
//   void describe(Fields& fields, RetryConfig& retry) {
//     count(fields, {"attempts", "Attempts in all, the first included."}, retry.attempts, 1, 10);
//   }
//
// The struct is default-made before; a key that is not in the file leaves it as it is. [main]

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/node.hpp"
#include "core/config/plugin_config.hpp"
#include "core/config/values.hpp"

namespace headgate::config {

struct Key {
  std::string_view name;
  std::string_view doc;    // a sentence or two for the reference
  bool required = false;   // of a list: and not empty
  bool not_empty = false;  // a list that is there
};

// What a scalar looks like: for the schema, and for the words of a fault.
struct ScalarForm {
  std::vector<std::string_view> types{"string"};  // JSON Schema types
  std::string expects;                            // "a number from 1 to 10"
  std::string pattern;                            // RE2, on the whole value
  std::vector<std::string> choices;               // the only values there are
  std::vector<std::string> unsupported;           // values that are known and not built yet
  std::optional<double> minimum;
  std::optional<double> maximum;
  std::string default_json;  // JSON text; empty: none
};

// One map of the file: the one being read, or any one when the schema is written.
class Fields {
 public:
  // Stores a scalar; false when it is not what the form says. Never called for null.
  using Take = std::function<bool(const Node& scalar)>;
  using NamedTake = std::function<bool(const Node& scalar, std::string_view name)>;
  using Inside = std::function<void(Fields& fields)>;
  using NamedInside = std::function<void(Fields& fields, std::string_view name)>;

  virtual ~Fields() = default;

  virtual void value(const Key& key, const ScalarForm& form, const Take& take) = 0;
  virtual void values(const Key& key, const ScalarForm& form, const Take& take_one) = 0;
  // A map from names of the user's choice to scalars.
  virtual void named_values(const Key& key, const ScalarForm& form, const NamedTake& take) = 0;
  // A map below this one; null counts as `{}`. `inside` runs when the key is there.
  virtual void map(const Key& key, const Inside& inside) = 0;
  // A list of maps; `inside` runs for each.
  virtual void list(const Key& key, const Inside& inside) = 0;
  // A map of maps under names of the user's choice.
  virtual void entries(const Key& key, const NamedInside& inside) = 0;

  // Of these keys exactly one must be there.
  virtual void exactly_one(std::span<const std::string_view> keys) = 0;
  // Two forms of one map: with the key `marker`, and without.
  virtual void form(std::string_view marker, const Inside& with, const Inside& without) = 0;

  // `KEY: {...}` as the only member, KEY being a provider plugin's.
  virtual void provider_plugin(const Key& key, std::string& chosen, std::string& id,
                               PluginConfig& config) = 0;
  // Every other member of this map that is a policy plugin's key.
  virtual void policy_plugins(std::vector<PluginPolicy>& policies) = 0;
  // A list of {use: ID, config: {...}}.
  virtual void plugins_by_id(const Key& key, std::vector<PluginPolicy>& policies) = 0;

  // What faults call this map: "provider", "one" -> provider 'one'.
  virtual void title(std::string_view kind, std::string_view name) = 0;
  virtual Position position() const = 0;
  // A file that the value names must be readable; the fault is shown at `key`.
  virtual void check_file(std::string_view key, const std::string& path) = 0;
  // A fault at the node that a JSON pointer below this map leads to. Does nothing in a schema.
  virtual void fault(std::string_view pointer, std::string message) = 0;
  // The same at a text that was taken from this map.
  virtual void fault(const PlacedText& text, std::string message) = 0;
};

// The scalars. Each takes a value or an optional one, whose default is "not set".

struct TextRule {
  std::string_view expects = "a text";
  std::string_view pattern = {};  // RE2, on the whole value; empty: any
  bool or_number = false;         // a number may be written without quotes (the schema says so)
};

void text(Fields& fields, const Key& key, std::string& value, const TextRule& rule);
void text(Fields& fields, const Key& key, std::optional<std::string>& value, const TextRule& rule);
void texts(Fields& fields, const Key& key, std::vector<std::string>& values, const TextRule& rule);
// The same, with their places.
void text(Fields& fields, const Key& key, std::optional<PlacedText>& value, const TextRule& rule);
void texts(Fields& fields, const Key& key, std::vector<PlacedText>& values, const TextRule& rule);
void flag(Fields& fields, const Key& key, bool& value);

struct Bounds {
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
};
void count(Fields& fields, const Key& key, std::uint32_t& value, Bounds bounds);
void count(Fields& fields, const Key& key, std::optional<std::uint32_t>& value, Bounds bounds);
void count(Fields& fields, const Key& key, std::uint16_t& value, Bounds bounds);
void counts(Fields& fields, const Key& key, std::vector<int>& values, Bounds bounds);

// A number with a fraction.
struct NumberBounds {
  double minimum = 0;
  double maximum = 0;
};
void number(Fields& fields, const Key& key, double& value, NumberBounds bounds);

// Durations above zero, up to `maximum`.
void duration(Fields& fields, const Key& key, milliseconds& value, milliseconds maximum);
void duration(Fields& fields, const Key& key, std::optional<milliseconds>& value,
              milliseconds maximum);

// Such a duration, or `off` (zero).
void duration_or_off(Fields& fields, const Key& key, milliseconds& value, milliseconds maximum);

// Such a duration, `auto` (not set, the default) or `off` (zero).
void duration_or_off(Fields& fields, const Key& key, std::optional<milliseconds>& value,
                     milliseconds maximum);

struct SizeBounds {
  std::uint64_t minimum = 0;
  std::uint64_t maximum = 0;
};
void size(Fields& fields, const Key& key, std::uint64_t& value, SizeBounds bounds);

// Which kinds of address may stand there.
enum class AddressUse : std::uint8_t {
  listen,    // ip:port, localhost:port, unix:/path, off
  upstream,  // host:port, unix:/path
  server,    // ip:port
};
void address(Fields& fields, const Key& key, Address& value, AddressUse use);
void address(Fields& fields, const Key& key, std::optional<Address>& value, AddressUse use);
void addresses(Fields& fields, const Key& key, std::vector<Address>& values, AddressUse use);

// A PEM or other file; that it can be read is checked.
void file(Fields& fields, const Key& key, std::string& path);

// One of a few words.
template <class T>
struct Choice {
  std::string_view word;
  T value;
};
void choose(Fields& fields, const Key& key, std::span<const std::string_view> words,
            std::size_t& chosen, std::span<const std::string_view> unsupported);

template <class T, std::size_t N>
void choice(Fields& fields, const Key& key, const Choice<T> (&choices)[N], T& value,
            std::span<const std::string_view> unsupported = {}) {
  std::vector<std::string_view> words;
  std::size_t chosen = 0;
  for (std::size_t i = 0; i < N; ++i) {
    words.push_back(choices[i].word);
    if (choices[i].value == value) chosen = i;
  }
  choose(fields, key, words, chosen, unsupported);
  value = choices[chosen].value;
}

// Structs below this one.
template <class T>
void part(Fields& fields, const Key& key, T& value) {
  fields.map(key, [&](Fields& inside) { describe(inside, value); });
}
template <class T>
void part(Fields& fields, const Key& key, std::optional<T>& value) {
  fields.map(key, [&](Fields& inside) { describe(inside, value.emplace()); });
}
template <class T>
void parts(Fields& fields, const Key& key, std::vector<T>& values) {
  fields.list(key, [&](Fields& inside) { describe(inside, values.emplace_back()); });
}

}  // namespace headgate::config
