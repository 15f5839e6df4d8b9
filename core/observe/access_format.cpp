#include "core/observe/access_format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstring>
#include <optional>
#include <string>

#include "core/base/json_text.hpp"
#include "core/observe/put.hpp"

namespace headgate::observe {
namespace {

using hg::expression::Kind;

constexpr std::array<std::string_view, static_cast<std::size_t>(AccessField::count)> kNames{
    "time",
    "listener",
    "route",
    "backend",
    "src.addr",
    "http.method",
    "http.host",
    "http.path",
    "http.status",
    "dialect",
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "endpoint",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.total_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.reasoning.output_tokens",
    "stream",
    "attempts",
    "http.request.body.size",
    "http.response.body.size",
    "held",
    "time_to_first_token",
    "duration",
    "error",
    "request.id",
    "trace.id",
    "span.id",
};

// Also what a line has beside its fields.
constexpr std::array<std::string_view, 6> kOtherNames{
    "level", "message", "held_ms", "duration_ms", "time_to_first_token_ms", "attempts_not_listed"};

constexpr std::size_t kSketches = 1024;

constexpr std::size_t sketch(std::string_view name) {
  const auto byte = [name](std::size_t at) -> std::size_t {
    return static_cast<unsigned char>(name[at]);
  };
  return (byte(0) * 33 + byte(name.size() / 2) * 71 + byte(name.size() - 1) * 5 +
          name.size() * 11) %
         kSketches;
}

// Most names of attributes are no field's, as this says at once.
constexpr std::array<bool, kSketches> make_sketches() {
  std::array<bool, kSketches> sketches{};
  for (const std::string_view name : kNames) sketches[sketch(name)] = true;
  for (const std::string_view name : kOtherNames) sketches[sketch(name)] = true;
  return sketches;
}
constexpr std::array<bool, kSketches> kKnownSketches = make_sketches();

bool is_taken(std::string_view name) {
  if (name.empty() || !kKnownSketches[sketch(name)]) return false;
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         std::find(kOtherNames.begin(), kOtherNames.end(), name) != kOtherNames.end();
}

constexpr std::string_view kTakenPrefix = "attribute.";

// What no field may be called, not even one that stands in the place of another.
bool is_of_frame(std::string_view name) {
  return name == "level" || name == "message" || name == "attempts_not_listed";
}

std::string_view shown(std::string_view attribute) {
  return attribute.substr(0, AccessAttribute::kShownBytesMax);
}

// How much a line has at most beside its texts: names, numbers and marks.
constexpr std::size_t kFieldRoom = 64;  // a name, a number or two quotes, marks
constexpr std::size_t kLineRoom = kFieldRoom * (static_cast<std::size_t>(AccessField::count) + 2);
constexpr std::size_t kAttemptRoom = 3 * kFieldRoom;
constexpr std::size_t kAttributeRoom = kFieldRoom;

// A field's name with its marks. All are copied in one size, so that none is looked at: a line has
// room behind each.
struct Key {
  std::array<char, 48> text{};
  std::size_t size = 0;
};
static_assert(sizeof(Key::text) <= kFieldRoom);
using Keys = std::array<Key, static_cast<std::size_t>(AccessField::count)>;

// One of our own names, in which nothing is to be escaped.
constexpr Key key_of(std::string_view before, std::string_view name, std::string_view after) {
  Key key;
  for (const std::string_view part : {before, name, after}) {
    key.size = static_cast<std::size_t>(
        std::copy(part.begin(), part.end(), key.text.begin() + key.size) - key.text.begin());
  }
  return key;
}

constexpr Keys make_text_keys() {
  Keys keys;
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = key_of(" ", kNames[i], "=");
  return keys;
}
constexpr Keys make_json_keys() {
  Keys keys;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto field = static_cast<AccessField>(i);
    // A number says its unit in its name.
    const bool is_time = field == AccessField::held || field == AccessField::first_token ||
                         field == AccessField::duration;
    keys[i] = key_of(",\"", kNames[i], is_time ? "_ms\":" : "\":");
  }
  return keys;
}
constexpr Keys kTextKeys = make_text_keys();
constexpr Keys kJsonKeys = make_json_keys();

char* put_key(char* to, const Keys& keys, AccessField field) {
  const Key& key = keys[static_cast<std::size_t>(field)];
  std::memcpy(to, key.text.data(), key.text.size());
  return to + key.size;
}

// The fields of one kind that stand one behind the other in a line. Tables and no calls one by one:
// a loop is a few lines of code to fetch, and a line is written once in a request.
struct TextField {
  AccessField field;
  std::string_view AccessFields::* value;
};
struct CountField {
  AccessField field;
  std::optional<std::uint64_t> AccessFields::* value;
};
using enum AccessField;
constexpr std::array<TextField, 7> kTextsOfRequest{{{listener, &AccessFields::listener},
                                                    {route, &AccessFields::route},
                                                    {backend, &AccessFields::backend},
                                                    {client_address, &AccessFields::client_address},
                                                    {method, &AccessFields::method},
                                                    {host, &AccessFields::host},
                                                    {target, &AccessFields::target}}};
constexpr std::array<TextField, 6> kTextsOfModel{{{dialect, &AccessFields::dialect},
                                                  {operation, &AccessFields::operation},
                                                  {provider_kind, &AccessFields::provider_kind},
                                                  {provider, &AccessFields::provider},
                                                  {request_model, &AccessFields::request_model},
                                                  {upstream_model, &AccessFields::upstream_model}}};
constexpr std::array<CountField, 5> kTokens{{{input_tokens, &AccessFields::input_tokens},
                                             {output_tokens, &AccessFields::output_tokens},
                                             {total_tokens, &AccessFields::total_tokens},
                                             {cached_tokens, &AccessFields::cached_tokens},
                                             {reasoning_tokens, &AccessFields::reasoning_tokens}}};
constexpr std::array<TextField, 4> kTextsOfEnd{{{error_code, &AccessFields::error_code},
                                                {request_id, &AccessFields::request_id},
                                                {trace_id, &AccessFields::trace_id},
                                                {span_id, &AccessFields::span_id}}};

std::size_t text_bytes(const AccessRecord& record, std::span<const TextField> texts) {
  std::size_t bytes = 0;
  for (const TextField& text : texts) bytes += (record.*text.value).size();
  return bytes;
}

std::size_t room_for(std::span<const AddedValue> added) {
  std::size_t room = 0;
  for (const AddedValue& each : added) {
    const std::size_t text = each.value.is(Kind::text) ? each.value.text().size() : 0;
    room += json_string_room(each.name.size() + text) + kFieldRoom;
  }
  return room;
}

// The room that the line of a record needs, whatever the format.
std::size_t room_for(const AccessRecord& record) {
  std::size_t text = text_bytes(record, kTextsOfRequest) + text_bytes(record, kTextsOfModel) +
                     text_bytes(record, kTextsOfEnd);
  for (const AccessAttempt& attempt : record.attempts()) {
    text += attempt.endpoint.size() + attempt.error_code.size();
  }
  for (const AccessAttribute& each : record.attributes()) {
    text += each.name.size() + std::min(each.json.size(), AccessAttribute::kShownBytesMax);
  }
  return json_string_room(text) + kLineRoom + kAttemptRoom * record.attempts().size() +
         kAttributeRoom * record.attributes().size();
}

// key=value, as logfmt has it.
class TextLine {
 public:
  explicit TextLine(char* to) : to_(to) {}

  void begin(const AccessRecord& record, const FieldSelection& fields) {
    if (fields.shows(AccessField::time)) {
      to_ = write_time(to_, record.time);
      *to_++ = ' ';
    }
    to_ = put(to_, "info request");
  }
  void text(AccessField field, std::string_view value) {
    key(field);
    put_value(value);
  }
  // Its name is a plugin's, and may hold anything.
  void attribute(const AccessAttribute& each) {
    *to_++ = ' ';
    if (is_taken(each.name)) {
      to_ = put(put(to_, kTakenPrefix), each.name);
    } else {
      put_value(each.name);
    }
    *to_++ = '=';
    put_value(shown(each.text.value_or(each.json)));
  }
  void added(const AddedValue& each) {
    *to_++ = ' ';
    if (is_of_frame(each.name)) to_ = put(to_, kTakenPrefix);
    put_value(each.name);
    *to_++ = '=';
    if (!put_scalar(to_, each.value)) put_value(each.value.text());
  }
  void integer(AccessField field, std::uint64_t value) {
    key(field);
    to_ = put_integer(to_, value);
  }
  void milliseconds(AccessField field, std::chrono::nanoseconds value) {
    key(field);
    to_ = put(put_milliseconds(to_, value), "ms");
  }
  void flag(AccessField field) {
    key(field);
    to_ = put(to_, "true");
  }
  // first:429:rate_limited:12.000ms,second:200:80.250ms and ",+2" when not all are listed
  void attempts(const AccessRecord& record) {
    std::string list;
    const auto append = [&list](char* (*write)(char*, std::int64_t), std::int64_t value) {
      std::array<char, kFieldRoom> number;
      list.append(number.data(), write(number.data(), value));
    };
    for (const AccessAttempt& attempt : record.attempts()) {
      if (!list.empty()) list += ',';
      list += attempt.endpoint;
      if (attempt.status != 0) {
        list += ':';
        append(put_integer<std::int64_t>, attempt.status);
      }
      if (!attempt.error_code.empty()) list.append(":").append(attempt.error_code);
      list += ':';
      append([](char* to,
                std::int64_t ns) { return put_milliseconds(to, std::chrono::nanoseconds(ns)); },
             attempt.duration.count());
      list += "ms";
    }
    if (const std::size_t more = record.attempt_count() - record.attempts().size(); more != 0) {
      list += ",+";
      append(put_integer<std::int64_t>, static_cast<std::int64_t>(more));
    }
    text(AccessField::attempts, list);
  }
  char* end() { return put(to_, "\n"); }

 private:
  void key(AccessField field) { to_ = put_key(to_, kTextKeys, field); }
  void put_value(std::string_view value) {
    to_ = is_word(value) ? put(to_, value) : write_json_string(to_, value);
  }

  char* to_;
};

class JsonLine {
 public:
  explicit JsonLine(char* to) : to_(to) {}

  void begin(const AccessRecord& record, const FieldSelection& fields) {
    *to_++ = '{';
    if (fields.shows(AccessField::time)) {
      to_ = put(to_, R"("time":")");
      to_ = write_time(to_, record.time);
      to_ = put(to_, R"(",)");
    }
    to_ = put(to_, R"("level":"info","message":"request")");
  }
  void text(AccessField field, std::string_view value) {
    key(field);
    to_ = write_json_string(to_, value);
  }
  // Its name is a plugin's, and may hold anything.
  void attribute(const AccessAttribute& each) {
    *to_++ = ',';
    if (is_taken(each.name)) {
      to_ = put(to_, "\"");
      to_ = put(put(put(to_, kTakenPrefix), each.name), "\"");
    } else {
      to_ = write_json_string(to_, each.name);
    }
    *to_++ = ':';
    if (each.json.size() <= AccessAttribute::kShownBytesMax) {
      to_ = put(to_, each.json);
    } else {
      to_ = write_json_string(to_, shown(each.text.value_or(each.json)));
    }
  }
  void added(const AddedValue& each) {
    *to_++ = ',';
    if (is_of_frame(each.name)) {
      to_ = put(to_, "\"");
      to_ = put(put(put(to_, kTakenPrefix), each.name), "\"");
    } else {
      to_ = write_json_string(to_, each.name);
    }
    *to_++ = ':';
    if (!put_scalar(to_, each.value)) to_ = write_json_string(to_, each.value.text());
  }
  void integer(AccessField field, std::uint64_t value) {
    key(field);
    to_ = put_integer(to_, value);
  }
  void milliseconds(AccessField field, std::chrono::nanoseconds value) {
    key(field);
    to_ = put_milliseconds(to_, value);
  }
  void flag(AccessField field) {
    key(field);
    to_ = put(to_, "true");
  }
  void attempts(const AccessRecord& record) {
    key(AccessField::attempts);
    *to_++ = '[';
    for (const AccessAttempt& attempt : record.attempts()) {
      if (to_[-1] == '}') *to_++ = ',';
      to_ = put(to_, R"({"endpoint":)");
      to_ = write_json_string(to_, attempt.endpoint);
      if (attempt.status != 0) to_ = put_integer(put(to_, R"(,"status":)"), attempt.status);
      if (!attempt.error_code.empty()) {
        to_ = write_json_string(put(to_, R"(,"error":)"), attempt.error_code);
      }
      to_ = put_milliseconds(put(to_, R"(,"duration_ms":)"), attempt.duration);
      *to_++ = '}';
    }
    *to_++ = ']';
    if (const std::size_t more = record.attempt_count() - record.attempts().size(); more != 0) {
      to_ = put_integer(put(to_, R"(,"attempts_not_listed":)"), more);
    }
  }
  char* end() { return put(to_, "}\n"); }

 private:
  void key(AccessField field) { to_ = put_key(to_, kJsonKeys, field); }

  char* to_;
};

template <class Line>
class FieldWriter {
 public:
  FieldWriter(Line& line, const AccessRecord& record, const FieldSelection& fields)
      : line_(line), record_(record), fields_(fields) {}

  void texts(std::span<const TextField> texts) {
    for (const TextField& text : texts) {
      const std::string_view value = record_.*text.value;
      if (!value.empty() && fields_.shows(text.field)) line_.text(text.field, value);
    }
  }
  void counts(std::span<const CountField> counts) {
    for (const CountField& each : counts) {
      const std::optional<std::uint64_t> value = record_.*each.value;
      if (value) count(each.field, *value);
    }
  }
  void count(AccessField field, std::uint64_t value) {
    if (fields_.shows(field)) line_.integer(field, value);
  }
  void milliseconds(AccessField field, std::chrono::nanoseconds value) {
    if (fields_.shows(field)) line_.milliseconds(field, value);
  }

 private:
  Line& line_;
  const AccessRecord& record_;
  const FieldSelection& fields_;
};

template <class Line>
void append_line(TextBuffer& out, const AccessRecord& record, const FieldSelection& fields,
                 std::span<const AddedValue> added) {
  Line line(out.room(room_for(record) + room_for(added)));
  FieldWriter<Line> write(line, record, fields);
  line.begin(record, fields);
  write.texts(kTextsOfRequest);
  write.count(status, static_cast<std::uint64_t>(record.status));
  write.texts(kTextsOfModel);
  write.counts(kTokens);
  if (record.stream && fields.shows(stream)) line.flag(stream);
  if (record.attempt_count() != 0 && fields.shows(attempts)) line.attempts(record);
  write.count(bytes_in, record.bytes_in);
  write.count(bytes_out, record.bytes_out);
  if (record.held) write.milliseconds(held, *record.held);
  if (record.first_token) write.milliseconds(first_token, *record.first_token);
  write.milliseconds(duration, record.duration);
  write.texts(kTextsOfEnd);
  // An attribute must not pass for a field.
  for (const AccessAttribute& each : record.attributes()) {
    if (fields.shows_attribute(each.name)) line.attribute(each);
  }
  for (const AddedValue& each : added) line.added(each);
  out.set_end(line.end());
}

}  // namespace

std::string_view name_of(AccessField field) {
  return kNames[static_cast<std::size_t>(field)];
}

void FieldSelection::remove(std::string_view name) {
  // As a line in JSON has it.
  if (name == "held_ms" || name == "duration_ms" || name == "time_to_first_token_ms") {
    name.remove_suffix(std::string_view("_ms").size());
  }
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found != kNames.end()) {
    shown_.reset(static_cast<std::size_t>(found - kNames.begin()));
  } else {
    removed_attributes_.emplace_back(name);
  }
}

bool FieldSelection::shows_attribute(std::string_view name) const {
  return std::find(removed_attributes_.begin(), removed_attributes_.end(), name) ==
         removed_attributes_.end();
}

void append_text_line(TextBuffer& out, const AccessRecord& record, const FieldSelection& fields,
                      std::span<const AddedValue> added) {
  append_line<TextLine>(out, record, fields, added);
}

void append_json_line(TextBuffer& out, const AccessRecord& record, const FieldSelection& fields,
                      std::span<const AddedValue> added) {
  append_line<JsonLine>(out, record, fields, added);
}

char* write_time(char* to, WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto ms =
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(time - day).count());
  // Four digits until the year 9999.
  const auto year = static_cast<unsigned>(static_cast<int>(date.year())) % 10000;
  to = put_two(to, year / 100);
  to = put_two(to, year % 100);
  *to++ = '-';
  to = put_two(to, static_cast<unsigned>(date.month()));
  *to++ = '-';
  to = put_two(to, static_cast<unsigned>(date.day()));
  *to++ = 'T';
  to = put_two(to, ms / 3'600'000);
  *to++ = ':';
  to = put_two(to, ms / 60'000 % 60);
  *to++ = ':';
  to = put_two(to, ms / 1000 % 60);
  *to++ = '.';
  to = put_three(to, ms % 1000);
  *to++ = 'Z';
  return to;
}

}  // namespace headgate::observe
