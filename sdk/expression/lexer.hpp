#pragma once
// An expression as words: pure, one word at a time.

#include <cstdint>
#include <string>
#include <string_view>

namespace hg::expression {

enum class TokenKind : std::uint8_t {
  end,
  name,     // also true, false, null, in and reserved words
  integer,  // text: digits, or 0x and digits
  natural,  // likewise, without the u
  number,
  text,   // `decoded` holds it
  mark,   // an operator or punctuation
  wrong,  // `problem` says why
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::uint32_t position = 0;
  std::string_view text;  // as written
  std::string decoded;
  std::string problem;

  bool is_mark(std::string_view mark) const { return kind == TokenKind::mark && text == mark; }
  bool is_name(std::string_view name) const { return kind == TokenKind::name && text == name; }
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Token next();

 private:
  char at(std::size_t index) const { return index < text_.size() ? text_[index] : '\0'; }
  void skip_blanks();
  Token wrong(std::size_t position, std::string problem);
  Token take(TokenKind kind, std::size_t end);
  Token number();
  Token text(bool raw, std::size_t quote);
  // Appends what the escape at `index` (behind the backslash) stands for; false: it is none.
  bool escape(std::size_t& index, std::string& out) const;

  std::string_view text_;
  std::size_t at_ = 0;
};

// UTF-8. False when `point` is no code point.
bool append_code_point(std::string& out, std::uint32_t point);

}  // namespace hg::expression
