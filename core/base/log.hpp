#pragma once
// The program's log, apart from the access log: start, reload, faults. The backend stays in
// log.cpp, so that no header pays for it. Messages never hold a secret.

#include <cstdint>
#include <string_view>

namespace headgate::log {

enum class Level : std::uint8_t { trace, debug, info, warn, error, off };
enum class Format : std::uint8_t { text, json };

// Sets level and form; until then: info, text, standard error. [main]
void configure(Level level, Format format);

// Parses "info" and the like; `ok` tells whether the name is known.
Level parse_level(std::string_view name, bool& ok);

bool enabled(Level level);                          // [any]
void write(Level level, std::string_view message);  // [any]
void flush();                                       // [any]

inline void debug(std::string_view message) {
  if (enabled(Level::debug)) write(Level::debug, message);
}
inline void info(std::string_view message) {
  write(Level::info, message);
}
inline void warn(std::string_view message) {
  write(Level::warn, message);
}
inline void error(std::string_view message) {
  write(Level::error, message);
}

}  // namespace headgate::log
