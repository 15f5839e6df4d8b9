#include "core/bundle/pins.hpp"

#include <algorithm>

#include "core/bundle/names.hpp"
#include "core/bundle/toml_reader.hpp"

namespace headgate::bundle {

namespace {

constexpr std::uint64_t kPinFormat = 1;
constexpr std::size_t kPinsMax = 4096;

std::string_view code_of(PinFile kind) {
  return kind == PinFile::index ? "bundle_index" : "bundle_lock_file";
}

Pin read_pin(TomlTable table, PinFile kind) {
  Pin pin;
  pin.name = table.text("name");
  pin.version = table.text("version");
  pin.platform = table.text("platform");
  pin.sha256 = table.text("sha256");
  if (kind == PinFile::index) pin.active = table.flag_or("active", false);
  table.finish();
  if (const std::string wrong = name_fault(pin.name); !wrong.empty()) {
    table.fault("'" + pin.name + "' " + wrong);
  }
  if (const std::string wrong = version_fault(pin.version); !wrong.empty()) {
    table.fault("'" + pin.version + "' " + wrong);
  }
  if (!name_fault(pin.platform).empty()) table.fault("'platform' must be a name");
  if (!is_sha256(pin.sha256)) table.fault("'sha256' must be 64 hexadecimal digits");
  return pin;
}

bool is_same_bundle(const Pin& a, const Pin& b) {
  return a.name == b.name && a.version == b.version && a.platform == b.platform;
}

}  // namespace

Result<std::vector<Pin>> read_pins(std::string_view toml, PinFile kind) {
  Result<TomlDocument> document = TomlDocument::parse(toml, code_of(kind));
  if (!document) return document.error();
  TomlTable root = document->root();
  const std::uint64_t format = root.number("format");
  if (document->fault().empty() && format != kPinFormat) {
    root.fault("the format is " + std::to_string(format) + ", and this gateway reads 1");
  }
  std::vector<Pin> pins;
  for (TomlTable& table : root.tables("bundle", kPinsMax)) {
    Pin pin = read_pin(table, kind);
    const auto twice = std::find_if(
        pins.begin(), pins.end(), [&pin](const Pin& other) { return is_same_bundle(pin, other); });
    if (twice != pins.end()) {
      table.fault(pin.name + " " + pin.version + " for " + pin.platform + " is there twice");
    }
    pins.push_back(std::move(pin));
  }
  root.finish();
  if (!document->fault().empty()) return gateway_error(code_of(kind), document->fault());
  return pins;
}

std::string write_pins(const std::vector<Pin>& pins, PinFile kind) {
  std::string text = kind == PinFile::index
                         ? "# What is installed here. Written by 'headgate bundle install'.\n"
                         : "# The bundles that this configuration may be run with. Written by "
                           "'headgate bundle lock'.\n";
  text += "format = " + std::to_string(kPinFormat) + "\n";
  for (const Pin& pin : pins) {
    text += "\n[[bundle]]\n";
    text += "name = " + toml_quoted(pin.name) + "\n";
    text += "version = " + toml_quoted(pin.version) + "\n";
    text += "platform = " + toml_quoted(pin.platform) + "\n";
    text += "sha256 = " + toml_quoted(pin.sha256) + "\n";
    if (kind == PinFile::index && pin.active) text += "active = true\n";
  }
  return text;
}

Result<Reference> read_reference(std::string_view text) {
  const std::size_t at = text.find('@');
  Reference reference{std::string(text.substr(0, at)), ""};
  std::string wrong = name_fault(reference.name);
  if (wrong.empty() && at != std::string_view::npos) {
    reference.version = text.substr(at + 1);
    wrong = version_fault(reference.version);
  }
  if (wrong.empty()) return reference;
  return gateway_error("bundle_name", "'" + std::string(text) +
                                          "' is not the name of an installed bundle, NAME or "
                                          "NAME@VERSION");
}

const Pin* find_pin(const std::vector<Pin>& pins, const Reference& reference) {
  const auto found = std::find_if(pins.begin(), pins.end(), [&reference](const Pin& pin) {
    if (pin.name != reference.name) return false;
    return reference.version.empty() ? pin.active : pin.version == reference.version;
  });
  return found == pins.end() ? nullptr : &*found;
}

void activate(std::vector<Pin>& pins, Pin pin) {
  for (Pin& other : pins) {
    if (other.name == pin.name) other.active = false;
  }
  pin.active = true;
  const auto same = std::find_if(pins.begin(), pins.end(), [&pin](const Pin& other) {
    return other.name == pin.name && other.version == pin.version;
  });
  if (same == pins.end()) {
    pins.push_back(std::move(pin));
  } else {
    *same = std::move(pin);
  }
}

Result<void> check_lock(const std::vector<Pin>& lock, const Pin& bundle) {
  const std::string which = bundle.name + " " + bundle.version;
  const std::string what_to_do =
      "; if that is meant, run 'headgate bundle lock', otherwise install the one that is locked";
  const Pin* other = nullptr;
  for (const Pin& pin : lock) {
    if (pin.name != bundle.name || pin.platform != bundle.platform) continue;
    if (pin.sha256 == bundle.sha256 && pin.version == bundle.version) return {};
    if (other == nullptr || pin.version == bundle.version) other = &pin;
  }
  if (other == nullptr) {
    return gateway_error("bundle_locked", "the bundle " + which + " for " + bundle.platform +
                                              " is not in the lock file" + what_to_do);
  }
  return gateway_error("bundle_locked", "the bundle " + which + " has the hash " + bundle.sha256 +
                                            ", and the lock file has " + other->version + " with " +
                                            other->sha256 + what_to_do);
}

}  // namespace headgate::bundle
