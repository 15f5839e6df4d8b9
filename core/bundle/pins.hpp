#pragma once
// Two files of the same form, each a list of bundles: the index of what is installed (and which
// version of a name is the active one), and headgate.lock.toml, which says which bundles a
// configuration may be run with. Pure. [any]

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace headgate::bundle {

struct Pin {
  std::string name;
  std::string version;
  std::string platform;
  std::string sha256;   // of bundle.toml
  bool active = false;  // index only: what NAME without a version means

  bool operator==(const Pin&) const = default;
};

enum class PinFile : std::uint8_t { index, lock };

// Code: bundle_index or bundle_lock_file.
Result<std::vector<Pin>> read_pins(std::string_view toml, PinFile kind);
std::string write_pins(const std::vector<Pin>& pins, PinFile kind);

// What a configuration calls a bundle: NAME or NAME@VERSION. Code: bundle_name.
struct Reference {
  std::string name;
  std::string version;  // empty: the active one
};
Result<Reference> read_reference(std::string_view text);

// nullptr when there is none.
const Pin* find_pin(const std::vector<Pin>& pins, const Reference& reference);

// Adds a pin, or puts it in the place of the one of its name and version; the only active one of
// its name.
void activate(std::vector<Pin>& pins, Pin pin);

// Whether the lock file has this bundle as it is; otherwise what differs and what to do.
// Code: bundle_locked.
Result<void> check_lock(const std::vector<Pin>& lock, const Pin& bundle);

}  // namespace headgate::bundle
