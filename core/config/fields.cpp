#include "core/config/fields.hpp"

#include <re2/re2.h>

#include <array>
#include <charconv>

#include "core/base/json_text.hpp"

namespace headgate::config {

namespace {

// The number that a scalar is. One in quotes is a text, unless a variable made it.
std::optional<std::int64_t> whole_number(const Node& scalar) {
  if (scalar.quoted && !scalar.expanded) return std::nullopt;
  const std::string& text = scalar.text;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Fields::Take take_count(Bounds bounds, std::function<void(std::int64_t)> store) {
  return [bounds, store = std::move(store)](const Node& scalar) {
    const std::optional<std::int64_t> number = whole_number(scalar);
    if (!number || *number < bounds.minimum || *number > bounds.maximum) return false;
    store(*number);
    return true;
  };
}

ScalarForm count_form(Bounds bounds) {
  ScalarForm form;
  form.types = {"integer"};
  form.expects =
      "a number from " + std::to_string(bounds.minimum) + " to " + std::to_string(bounds.maximum);
  form.minimum = static_cast<double>(bounds.minimum);
  form.maximum = static_cast<double>(bounds.maximum);
  return form;
}

// In the fewest digits that say it.
std::string number_text(double number) {
  std::array<char, 32> digits;
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), static_cast<std::size_t>(end - digits.data())};
}

std::optional<double> fraction(const Node& scalar) {
  if (scalar.quoted && !scalar.expanded) return std::nullopt;
  const std::string& text = scalar.text;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Fields::Take take_placed(const TextRule& rule, std::function<void(PlacedText)> store) {
  return [rule, store = std::move(store)](const Node& scalar) {
    if (!rule.pattern.empty() && !RE2::FullMatch(scalar.text, RE2(rule.pattern))) return false;
    store({scalar.text, scalar.position, scalar.path});
    return true;
  };
}

Fields::Take take_text(const TextRule& rule, std::function<void(const std::string&)> store) {
  return [rule, store = std::move(store)](const Node& scalar) {
    if (!rule.pattern.empty() && !RE2::FullMatch(scalar.text, RE2(rule.pattern))) return false;
    store(scalar.text);
    return true;
  };
}

ScalarForm text_form(const TextRule& rule) {
  ScalarForm form;
  if (rule.or_number) form.types = {"string", "integer"};
  form.expects = rule.expects;
  form.pattern = rule.pattern;
  return form;
}

constexpr std::string_view kDurationPattern = "([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?";

Fields::Take take_duration(milliseconds maximum, std::function<void(milliseconds)> store) {
  return [maximum, store = std::move(store)](const Node& scalar) {
    const std::optional<milliseconds> parsed = parse_duration(scalar.text);
    if (!parsed || parsed->count() == 0 || *parsed > maximum) return false;
    store(*parsed);
    return true;
  };
}

ScalarForm duration_form(milliseconds maximum) {
  ScalarForm form;
  form.expects = "a duration above zero and at most " + format_duration(maximum) +
                 ", such as 500ms, 10s or 1m30s";
  form.pattern = kDurationPattern;
  return form;
}

bool is_allowed(const Address& address, AddressUse use) {
  if (address.kind == Address::Kind::off) return use == AddressUse::listen;
  if (address.kind == Address::Kind::unix_socket) return use != AddressUse::server;
  if (use == AddressUse::listen) {
    return address.host == "localhost" || is_ip_address(address.host);
  }
  if (address.port == 0) return false;
  return use == AddressUse::upstream || is_ip_address(address.host);
}

Fields::Take take_address(AddressUse use, std::function<void(Address)> store) {
  return [use, store = std::move(store)](const Node& scalar) {
    std::optional<Address> parsed = parse_address(scalar.text);
    if (!parsed || !is_allowed(*parsed, use)) return false;
    store(std::move(*parsed));
    return true;
  };
}

ScalarForm address_form(AddressUse use) {
  ScalarForm form;
  switch (use) {
    case AddressUse::listen:
      form.expects = "'ip:port', 'localhost:port', 'unix:/path' or 'off'";
      break;
    case AddressUse::upstream:
      form.expects = "'host:port' or 'unix:/path'";
      break;
    case AddressUse::server:
      form.expects = "'ip:port'";
      break;
  }
  return form;
}

}  // namespace

void text(Fields& fields, const Key& key, std::string& value, const TextRule& rule) {
  ScalarForm form = text_form(rule);
  if (!value.empty()) form.default_json = json_quote(value);
  fields.value(key, form, take_text(rule, [&](const std::string& taken) { value = taken; }));
}

void text(Fields& fields, const Key& key, std::optional<std::string>& value, const TextRule& rule) {
  fields.value(key, text_form(rule),
               take_text(rule, [&](const std::string& taken) { value = taken; }));
}

void texts(Fields& fields, const Key& key, std::vector<std::string>& values, const TextRule& rule) {
  fields.values(key, text_form(rule),
                take_text(rule, [&](const std::string& taken) { values.push_back(taken); }));
}

void text(Fields& fields, const Key& key, std::optional<PlacedText>& value, const TextRule& rule) {
  fields.value(key, text_form(rule),
               take_placed(rule, [&](PlacedText taken) { value = std::move(taken); }));
}

void texts(Fields& fields, const Key& key, std::vector<PlacedText>& values, const TextRule& rule) {
  fields.values(key, text_form(rule),
                take_placed(rule, [&](PlacedText taken) { values.push_back(std::move(taken)); }));
}

void flag(Fields& fields, const Key& key, bool& value) {
  ScalarForm form;
  form.types = {"boolean"};
  form.expects = "true or false";
  form.default_json = value ? "true" : "false";
  fields.value(key, form, [&](const Node& scalar) {
    if (scalar.quoted && !scalar.expanded) return false;
    if (plain_type(scalar.text) != ScalarType::boolean) return false;
    value = scalar.text.starts_with('t') || scalar.text.starts_with('T');
    return true;
  });
}

void count(Fields& fields, const Key& key, std::uint32_t& value, Bounds bounds) {
  ScalarForm form = count_form(bounds);
  form.default_json = std::to_string(value);
  fields.value(key, form, take_count(bounds, [&](std::int64_t taken) {
                 value = static_cast<std::uint32_t>(taken);
               }));
}

void count(Fields& fields, const Key& key, std::optional<std::uint32_t>& value, Bounds bounds) {
  fields.value(key, count_form(bounds), take_count(bounds, [&](std::int64_t taken) {
                 value = static_cast<std::uint32_t>(taken);
               }));
}

void count(Fields& fields, const Key& key, std::uint16_t& value, Bounds bounds) {
  fields.value(key, count_form(bounds), take_count(bounds, [&](std::int64_t taken) {
                 value = static_cast<std::uint16_t>(taken);
               }));
}

void counts(Fields& fields, const Key& key, std::vector<int>& values, Bounds bounds) {
  fields.values(key, count_form(bounds), take_count(bounds, [&](std::int64_t taken) {
                  values.push_back(static_cast<int>(taken));
                }));
}

void number(Fields& fields, const Key& key, double& value, NumberBounds bounds) {
  ScalarForm form;
  form.types = {"number"};
  form.expects =
      "a number from " + number_text(bounds.minimum) + " to " + number_text(bounds.maximum);
  form.minimum = bounds.minimum;
  form.maximum = bounds.maximum;
  form.default_json = number_text(value);
  fields.value(key, form, [&value, bounds](const Node& scalar) {
    const std::optional<double> taken = fraction(scalar);
    // Said so that what is no number at all is out of bounds as well.
    if (!taken || !(*taken >= bounds.minimum && *taken <= bounds.maximum)) return false;
    value = *taken;
    return true;
  });
}

void duration(Fields& fields, const Key& key, milliseconds& value, milliseconds maximum) {
  ScalarForm form = duration_form(maximum);
  form.default_json = json_quote(format_duration(value));
  fields.value(key, form, take_duration(maximum, [&](milliseconds taken) { value = taken; }));
}

void duration(Fields& fields, const Key& key, std::optional<milliseconds>& value,
              milliseconds maximum) {
  fields.value(key, duration_form(maximum),
               take_duration(maximum, [&](milliseconds taken) { value = taken; }));
}

void duration_or_off(Fields& fields, const Key& key, milliseconds& value, milliseconds maximum) {
  ScalarForm form = duration_form(maximum);
  form.expects = "off or " + form.expects;
  form.pattern = "off|" + form.pattern;
  form.default_json = json_quote(format_duration(value));
  const Fields::Take take = take_duration(maximum, [&](milliseconds taken) { value = taken; });
  fields.value(key, form, [&](const Node& scalar) {
    if (scalar.text != "off") return take(scalar);
    value = milliseconds(0);
    return true;
  });
}

void duration_or_off(Fields& fields, const Key& key, std::optional<milliseconds>& value,
                     milliseconds maximum) {
  ScalarForm form = duration_form(maximum);
  form.expects = "auto, off or " + form.expects;
  form.pattern = "auto|off|" + form.pattern;
  form.default_json = json_quote("auto");
  const Fields::Take take = take_duration(maximum, [&](milliseconds taken) { value = taken; });
  fields.value(key, form, [&](const Node& scalar) {
    if (scalar.text == "auto") {
      value.reset();
    } else if (scalar.text == "off") {
      value = milliseconds(0);
    } else {
      return take(scalar);
    }
    return true;
  });
}

void size(Fields& fields, const Key& key, std::uint64_t& value, SizeBounds bounds) {
  ScalarForm form;
  form.types = {"string", "integer"};
  form.expects = "a size from " + format_size(bounds.minimum) + " to " +
                 format_size(bounds.maximum) + ", in bytes or such as 64KiB";
  form.pattern = "[0-9]+([KMG]i?B)?";
  form.default_json = json_quote(format_size(value));
  fields.value(key, form, [&](const Node& scalar) {
    const std::optional<std::uint64_t> parsed = parse_size(scalar.text);
    if (!parsed || *parsed < bounds.minimum || *parsed > bounds.maximum) return false;
    value = *parsed;
    return true;
  });
}

void address(Fields& fields, const Key& key, Address& value, AddressUse use) {
  ScalarForm form = address_form(use);
  if (value.kind != Address::Kind::off) form.default_json = json_quote(value.to_string());
  fields.value(key, form, take_address(use, [&](Address taken) { value = std::move(taken); }));
}

void address(Fields& fields, const Key& key, std::optional<Address>& value, AddressUse use) {
  fields.value(key, address_form(use),
               take_address(use, [&](Address taken) { value = std::move(taken); }));
}

void addresses(Fields& fields, const Key& key, std::vector<Address>& values, AddressUse use) {
  fields.values(key, address_form(use),
                take_address(use, [&](Address taken) { values.push_back(std::move(taken)); }));
}

void file(Fields& fields, const Key& key, std::string& path) {
  text(fields, key, path, {.expects = "the path of a file", .pattern = ".+"});
  if (!path.empty()) fields.check_file(key.name, path);
}

void choose(Fields& fields, const Key& key, std::span<const std::string_view> words,
            std::size_t& chosen, std::span<const std::string_view> unsupported) {
  ScalarForm form;
  form.choices.assign(words.begin(), words.end());
  form.unsupported.assign(unsupported.begin(), unsupported.end());
  form.default_json = json_quote(words[chosen]);
  form.expects = words.size() == 1 ? "" : "one of ";
  for (const std::string_view word : words) {
    if (word != words.front()) form.expects += word == words.back() ? " and " : ", ";
    form.expects += '\'' + std::string(word) + '\'';
  }
  fields.value(key, form, [&](const Node& scalar) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i] != scalar.text) continue;
      chosen = i;
      return true;
    }
    return false;
  });
}

}  // namespace headgate::config
