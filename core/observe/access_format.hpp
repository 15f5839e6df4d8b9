#pragma once
// An access record as one line: key=value text or JSON. Pure. Fields that have no value are left
// out. The names are OpenTelemetry's where it has one. [any]

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/text_buffer.hpp"
#include "core/observe/access_expressions.hpp"
#include "core/observe/access_record.hpp"

namespace headgate::observe {

enum class AccessField : std::uint8_t {
  time,
  listener,
  route,
  backend,
  client_address,
  method,
  host,
  target,
  status,
  dialect,
  operation,
  provider_kind,
  provider,
  request_model,
  upstream_model,
  input_tokens,
  output_tokens,
  total_tokens,
  cached_tokens,
  reasoning_tokens,
  stream,
  attempts,
  bytes_in,
  bytes_out,
  held,
  first_token,
  duration,
  error_code,
  request_id,
  trace_id,
  span_id,
  count
};

// The name in the line and in `logging.fields.remove`: "http.status" and so on.
std::string_view name_of(AccessField field);

// Which fields a line has. All, until some are removed.
class FieldSelection {
 public:
  FieldSelection() { shown_.set(); }

  // Removes a field or an attribute by its name.
  void remove(std::string_view name);

  bool shows(AccessField field) const { return shown_[static_cast<std::size_t>(field)]; }
  bool shows_attribute(std::string_view name) const;

 private:
  std::bitset<static_cast<std::size_t>(AccessField::count)> shown_;
  std::vector<std::string> removed_attributes_;
};

// Each appends one line and its line feed. `added` stands behind the fields; a name that only a
// line's frame may have ("level", "message") gets a prefix.
void append_text_line(TextBuffer& out, const AccessRecord& record, const FieldSelection& fields,
                      std::span<const AddedValue> added = {});
void append_json_line(TextBuffer& out, const AccessRecord& record, const FieldSelection& fields,
                      std::span<const AddedValue> added = {});

// Writes RFC 3339 in UTC with milliseconds, 2027-01-15T08:00:00.000Z, and returns its end.
// REQUIRES: kTimeBytes at `to`.
inline constexpr std::size_t kTimeBytes = 24;
char* write_time(char* to, WallTime time);

}  // namespace headgate::observe
