#include "model.hpp"

namespace headgate_gemini {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Cuts a number of at most three digits off `rest`.
unsigned take_number(std::string_view& rest) {
  unsigned number = 0;
  for (int i = 0; i < 3 && !rest.empty() && is_digit(rest.front()); ++i) {
    number = number * 10 + static_cast<unsigned>(rest.front() - '0');
    rest.remove_prefix(1);
  }
  return number;
}

}  // namespace

Family family_of(std::string_view model) {
  constexpr std::string_view kName = "gemini-";
  Family family;
  const std::size_t at = model.find(kName);
  if (at == std::string_view::npos) return family;
  std::string_view rest = model.substr(at + kName.size());
  family.generation = take_number(rest);
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    family.minor = take_number(rest);
  }
  family.pro = rest.find("pro") != std::string_view::npos;
  return family;
}

bool is_model_name(std::string_view model) {
  constexpr std::size_t kNameMax = 512;
  if (model.size() > kNameMax || model.find("..") != std::string_view::npos) return false;
  for (std::string_view rest = model;;) {
    const std::string_view step = rest.substr(0, rest.find('/'));
    if (step.empty() || step == ".") return false;
    if (step.size() == rest.size()) return true;
    rest.remove_prefix(step.size() + 1);
  }
}

std::string model_path(std::string_view model) {
  const bool has_folder = model.find('/') != std::string_view::npos;
  std::string path = has_folder ? "/" : "/models/";
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : model) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
                       c == '-' || c == '_' || c == '.' || c == '~' || c == '/';
    if (plain) {
      path += c;
    } else {
      path += '%';
      path += kHex[static_cast<unsigned char>(c) >> 4];
      path += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return path;
}

}  // namespace headgate_gemini
