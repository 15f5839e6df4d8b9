#include "lexer.hpp"

#include <array>

namespace hg::expression {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::uint32_t digit_value(char c) {
  if (is_digit(c)) return static_cast<std::uint32_t>(c - '0');
  return static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
}

// A part byte of a code point above 0x7f.
char continuation(std::uint32_t bits) {
  return static_cast<char>(0x80 | (bits & 0x3f));
}

constexpr std::array<std::string_view, 7> kTwoByteMarks{"&&", "||", "==", "!=", "<=", ">=", "??"};
constexpr std::string_view kOneByteMarks = "()[]{}.,:?!-+*/%<>";

}  // namespace

bool append_code_point(std::string& out, std::uint32_t point) {
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | (point >> 6));
    out += continuation(point);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | (point >> 12));
    out += continuation(point >> 6);
    out += continuation(point);
  } else {
    out += static_cast<char>(0xf0 | (point >> 18));
    out += continuation(point >> 12);
    out += continuation(point >> 6);
    out += continuation(point);
  }
  return true;
}

void Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '/' && at(at_ + 1) == '/') {
      while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      ++at_;
    } else {
      return;
    }
  }
}

Token Lexer::wrong(std::size_t position, std::string problem) {
  Token token;
  token.kind = TokenKind::wrong;
  token.position = static_cast<std::uint32_t>(position);
  token.problem = std::move(problem);
  at_ = text_.size();
  return token;
}

Token Lexer::take(TokenKind kind, std::size_t end) {
  Token token;
  token.kind = kind;
  token.position = static_cast<std::uint32_t>(at_);
  token.text = text_.substr(at_, end - at_);
  at_ = end;
  return token;
}

Token Lexer::next() {
  skip_blanks();
  if (at_ == text_.size()) return take(TokenKind::end, at_);
  const char c = text_[at_];
  if (is_digit(c) || (c == '.' && is_digit(at(at_ + 1)))) return number();
  if (c == '"' || c == '\'') return text(false, at_);
  if (is_name_start(c)) {
    const char second = at(at_ + 1);
    const bool quoted = second == '"' || second == '\'';
    if (quoted && (c == 'r' || c == 'R')) return text(true, at_ + 1);
    if (quoted && (c == 'b' || c == 'B')) {
      return wrong(at_, "bytes are not part of the expressions that are supported");
    }
    std::size_t end = at_ + 1;
    while (is_name_start(at(end)) || is_digit(at(end))) ++end;
    return take(TokenKind::name, end);
  }
  for (const std::string_view mark : kTwoByteMarks) {
    if (text_.substr(at_, 2) == mark) return take(TokenKind::mark, at_ + 2);
  }
  if (kOneByteMarks.find(c) != std::string_view::npos) return take(TokenKind::mark, at_ + 1);
  if (c == '&' || c == '|' || c == '=') {
    const std::string mark(1, c);
    return wrong(at_, "'" + mark + "' is no operator; did you mean '" + mark + mark + "'?");
  }
  return wrong(at_, "there is a character here that no expression has");
}

Token Lexer::number() {
  std::size_t end = at_;
  TokenKind kind = TokenKind::integer;
  if (at(end) == '0' && (at(end + 1) | 0x20) == 'x' && is_hex(at(end + 2))) {
    end += 2;
    while (is_hex(at(end))) ++end;
  } else {
    while (is_digit(at(end))) ++end;
    // `1.5`, but not `1.size()`.
    if (at(end) == '.' && is_digit(at(end + 1))) {
      kind = TokenKind::number;
      ++end;
      while (is_digit(at(end))) ++end;
    }
    const std::size_t sign = at(end + 1) == '+' || at(end + 1) == '-' ? 1 : 0;
    if ((at(end) | 0x20) == 'e' && is_digit(at(end + 1 + sign))) {
      kind = TokenKind::number;
      end += 1 + sign;
      while (is_digit(at(end))) ++end;
    }
  }
  Token token = take(kind, end);
  if (kind == TokenKind::integer && (at(at_) | 0x20) == 'u') {
    token.kind = TokenKind::natural;
    ++at_;
  }
  if (is_name_start(at(at_)) || is_digit(at(at_))) {
    return wrong(at_, "a number ends in letters here");
  }
  return token;
}

Token Lexer::text(bool raw, std::size_t quote) {
  const char mark = text_[quote];
  const bool triple = at(quote + 1) == mark && at(quote + 2) == mark;
  const std::size_t width = triple ? 3 : 1;
  const std::string_view closing = text_.substr(quote, width);
  std::size_t index = quote + width;
  std::string decoded;
  while (text_.substr(index, width) != closing) {
    const char c = at(index);
    if (index >= text_.size() || (!triple && (c == '\n' || c == '\r'))) {
      return wrong(at_, "this text does not end");
    }
    if (c == '\\' && !raw) {
      const std::size_t begin = index++;
      if (!escape(index, decoded)) return wrong(begin, "no such escape in a text");
    } else {
      decoded += c;
      ++index;
    }
  }
  Token token = take(TokenKind::text, index + width);
  token.decoded = std::move(decoded);
  return token;
}

bool Lexer::escape(std::size_t& index, std::string& out) const {
  static constexpr std::string_view kLetters = "abfnrtv\\?\"'`";
  static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\?\"'`";
  const char c = at(index);
  if (index >= text_.size()) return false;
  if (const std::size_t place = kLetters.find(c); place != std::string_view::npos) {
    out += kMeanings[place];
    ++index;
    return true;
  }
  std::size_t digits = 0;
  std::uint32_t base = 16;
  if (c == 'x' || c == 'X') digits = 2;
  if (c == 'u') digits = 4;
  if (c == 'U') digits = 8;
  if (c >= '0' && c <= '3') {
    digits = 3;
    base = 8;
  } else {
    ++index;
  }
  if (digits == 0) return false;
  std::uint32_t point = 0;
  for (std::size_t i = 0; i < digits; ++i, ++index) {
    const char digit = at(index);
    if (!is_hex(digit) || digit_value(digit) >= base || point > 0x10ffff) return false;
    point = point * base + digit_value(digit);
  }
  return append_code_point(out, point);
}

}  // namespace hg::expression
