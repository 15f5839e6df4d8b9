// The fast walks say what plain ones say: over texts that are JSON, nearly JSON and far from it.

#include <gtest/gtest.h>

#include <headgate/json_document.hpp>
#include <headgate/json_walk.hpp>

#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using hg::JsonMembers;
using hg::JsonView;
using hg::JsonWalk;

// One byte after the other, and nothing else: how the walks are meant.
class Plain {
 public:
  static std::size_t behind_string(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        return i + 1;
      }
    }
    return 0;
  }

  // Behind the value that `text` begins with; 0: it has no end.
  static std::size_t behind_value(std::string_view text) {
    if (text.empty()) return 0;
    if (text.front() == '"') return behind_string(text);
    if (text.front() != '{' && text.front() != '[') {
      const std::size_t end = text.find_first_of(",]} \t\r\n:\"{[");
      return end == std::string_view::npos ? text.size() : end;
    }
    std::size_t open = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '"') {
        const std::size_t length = behind_string(text.substr(i));
        if (length == 0) return 0;
        i += length - 1;
      } else if (text[i] == '{' || text[i] == '[') {
        ++open;
      } else if ((text[i] == '}' || text[i] == ']') && --open == 0) {
        return i + 1;
      }
    }
    return 0;
  }

  static bool valid(std::string_view text) { return value(text, 0) && (skip(text), text.empty()); }

 private:
  static void skip(std::string_view& text) {
    while (!text.empty() && std::string_view(" \t\r\n").find(text.front()) != text.npos)
      text.remove_prefix(1);
  }
  static bool take(std::string_view& text, std::string_view word) {
    if (text.substr(0, word.size()) != word) return false;
    text.remove_prefix(word.size());
    return true;
  }
  static bool take_one_of(std::string_view& text, std::string_view set) {
    if (text.empty() || set.find(text.front()) == set.npos) return false;
    text.remove_prefix(1);
    return true;
  }
  static bool digits(std::string_view& text) {
    bool any = false;
    while (take_one_of(text, "0123456789")) any = true;
    return any;
  }
  static bool number(std::string_view& text) {
    take(text, "-");
    if (!take(text, "0") && !digits(text)) return false;
    if (take(text, ".") && !digits(text)) return false;
    if (!take_one_of(text, "eE")) return true;
    take_one_of(text, "+-");
    return digits(text);
  }
  static bool string(std::string_view& text) {
    if (!take(text, "\"")) return false;
    while (!text.empty() && static_cast<unsigned char>(text.front()) >= 0x20) {
      if (take(text, "\"")) return true;
      if (!take(text, "\\")) {
        text.remove_prefix(1);
      } else if (take(text, "u")) {
        for (int i = 0; i < 4; ++i)
          if (!take_one_of(text, "0123456789abcdefABCDEF")) return false;
      } else if (!take_one_of(text, "\"\\/bfnrt")) {
        return false;
      }
    }
    return false;
  }
  static bool value(std::string_view& text, int depth) {
    skip(text);
    if (text.empty() || depth > JsonView::kDepthMax) return false;
    const char first = text.front();
    if (first == '"') return string(text);
    if (first == '{' || first == '[') return container(text, first == '{', depth);
    return take(text, "true") || take(text, "false") || take(text, "null") || number(text);
  }
  static bool container(std::string_view& text, bool object, int depth) {
    const std::string_view close = object ? "}" : "]";
    text.remove_prefix(1);
    skip(text);
    if (take(text, close)) return true;
    do {
      skip(text);
      if (object && !string(text)) return false;
      skip(text);
      if (object && !take(text, ":")) return false;
      if (!value(text, depth + 1)) return false;
      skip(text);
    } while (take(text, ","));
    return take(text, close);
  }
};

class Random {
 public:
  std::size_t below(std::size_t bound) { return generator_() % bound; }

  // Pieces of JSON one behind the other, mostly without sense.
  std::string soup() {
    static const std::vector<std::string> pieces = {
        "{",        "}",        "[",   "]",     ",",      ":",        "\"",      "\\",
        " ",        "\n",       "a",   "\"a\"", "\"b\":", "\\u00e9",  "\\\"",    "1",
        "-0.5",     "true",     "nul", "01",    "\t",     "\"\x01\"", "{\"a\":", "null",
        "\"x\\n\"", "\xC3\xA9", "e+",  "[1,",   "}]",     "\"\\u12\""};
    std::string out;
    for (std::size_t count = below(30); count > 0; --count) out += pieces[below(pieces.size())];
    return out;
  }

  std::string json(int depth = 0) {
    switch (below(depth > 4 ? 4 : 6)) {
      case 0:
        return word({"0", "-1.5e+3", "18446744073709551615", "10"});
      case 1:
        return word({"true", "false", "null", "\"\""});
      case 2:
      case 3:
        return text();
      case 4:
        return list('[', ']', depth);
      default:
        return list('{', '}', depth);
    }
  }

  std::string broken(std::string text) {
    for (std::size_t count = 1 + below(3); count > 0 && !text.empty(); --count) {
      const std::size_t at = below(text.size());
      if (below(3) == 0) {
        text.erase(at, 1 + below(3));
      } else if (below(2) == 0) {
        text[at] = "\"\\{}[],: \n1a"[below(12)];
      } else {
        text.resize(at);
      }
    }
    return text;
  }

 private:
  std::string word(const std::vector<std::string>& words) { return words[below(words.size())]; }
  std::string space() { return below(4) == 0 ? word({" ", "\n", "\t ", "  "}) : ""; }
  std::string text() {
    static const std::vector<std::string> pieces = {"a",
                                                    "]",
                                                    "}",
                                                    "{",
                                                    "\\\"",
                                                    "\\\\",
                                                    "\\u00e9",
                                                    "\\n",
                                                    ",",
                                                    "a run of plain text, longer",
                                                    "and one that is long enough to be remembered: "
                                                    "a hundred bytes or so, and then some more"};
    std::string out = "\"";
    for (std::size_t count = below(8); count > 0; --count) out += pieces[below(pieces.size())];
    return out + "\"";
  }
  std::string list(char open, char close, int depth) {
    std::string out = space() + open;
    // Sometimes more than an index holds.
    const std::size_t count = below(20) == 0 ? JsonMembers::kMembersMax + below(4) : below(5);
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out += "," + space();
      if (open == '{') out += name() + space() + ":" + space();
      out += json(count > 5 ? 9 : depth + 1) + space();
    }
    return out + close;
  }
  std::string name() {
    return below(2) == 0 ? word({"\"a\"", "\"b\"", "\"\\u0061\"", "\"\""})
                         : "\"n" + std::to_string(below(60)) + "\"";
  }

  std::mt19937 generator_{20261122};
};

using Members = std::vector<std::pair<std::string, std::string>>;

Members members_of(const JsonView& view) {
  Members all;
  view.each_member([&](std::string_view name, JsonView value) {
    all.emplace_back(std::string(name), std::string(value.raw()));
  });
  return all;
}

// Every value, at every depth.
std::string all_in(const JsonView& view) {
  std::string all(view.raw());
  view.each_member([&](std::string_view name, JsonView value) {
    all.append("\n").append(name).append("\n").append(all_in(value));
  });
  view.each_element([&](JsonView element) { all.append("\n").append(all_in(element)); });
  return all;
}

// Names and plain values at every depth, in their order, by views and by a walk.
void tell(const JsonView& view, std::string& all) {
  all += view.is_object() ? '{' : view.is_array() ? '[' : ' ';
  if (!view.is_object() && !view.is_array()) all += view.raw();
  view.each_member([&](std::string_view name, JsonView value) {
    all.append("\n").append(name);
    tell(value, all);
  });
  view.each_element([&](JsonView element) { tell(element, all); });
  all += '.';
}

bool tell(JsonWalk& walk, std::string& all) {
  const bool object = walk.at_object();
  const bool array = walk.at_array();
  all += object ? '{' : array ? '[' : ' ';
  bool whole = true;
  if (object) {
    whole = walk.members([&](std::string_view name) {
      all.append("\n").append(name);
      return tell(walk, all);
    });
  } else if (array) {
    whole = walk.elements([&] { return tell(walk, all); });
  } else {
    const JsonView value = walk.value();
    all += value.raw();
    whole = value.exists();
  }
  all += '.';
  return whole;
}

void compare_walks(std::string_view text, bool valid) {
  const JsonView view(text);
  std::string told;
  JsonWalk deep(text);
  ASSERT_EQ(tell(deep, told) && deep.at_end(), valid) << text;
  if (valid) {
    std::string expected;
    tell(view, expected);
    ASSERT_EQ(told, expected) << text;
  }
  JsonWalk skipping(text);
  ASSERT_EQ(skipping.skip() && skipping.at_end(), valid) << text;
  JsonWalk flat(text);
  Members members;
  const bool flat_valid = flat.members([&](std::string_view name) {
    const JsonView value = flat.value();
    members.emplace_back(std::string(name), std::string(value.raw()));
    return value.exists();
  });
  ASSERT_EQ(flat_valid && flat.at_end(), valid) << text;
  if (valid) {
    ASSERT_EQ(members, members_of(view)) << text;
  }
  // Values of another kind are passed over by all of them.
  JsonWalk other(text);
  const bool other_valid = other.at_object()
                               ? other.elements([] { return false; })
                               : other.members([](std::string_view) { return false; });
  ASSERT_EQ(other_valid && other.at_end(), valid) << text;
}

void compare(std::string_view given) {
  // The end of the text is the end of an allocation.
  const auto bytes = std::make_unique<char[]>(given.size());
  given.copy(bytes.get(), given.size());
  const std::string_view text(bytes.get(), given.size());
  const char* const end = text.data() + text.size();

  const char* const behind = hg::detail::LooseValues::behind(text.data(), end, nullptr);
  const std::size_t length = behind ? static_cast<std::size_t>(behind - text.data()) : 0;
  ASSERT_EQ(length, Plain::behind_value(text)) << text;

  const bool valid = Plain::valid(text);
  ASSERT_EQ(JsonView::valid(text), valid) << text;
  const JsonView view(text);
  Members visited;
  const bool valid_object = view.each_valid_member([&](std::string_view name, JsonView value) {
    visited.emplace_back(std::string(name), std::string(value.raw()));
  });
  ASSERT_EQ(valid_object, valid && view.is_object()) << text;
  const Members members = members_of(view);
  if (valid_object) {
    ASSERT_EQ(visited, members) << text;
  }
  ASSERT_EQ(view.empty(), view.size() == 0) << text;

  compare_walks(text, valid);

  hg::JsonDocument document;
  ASSERT_EQ(document.read(text), valid) << text;
  ASSERT_EQ(document.root().raw(), valid ? view.raw() : "") << text;
  if (valid) {
    ASSERT_EQ(all_in(document.root()), all_in(view)) << text;
  }

  const JsonMembers loose(view);
  Members indexed;
  loose.each([&](std::string_view name, JsonView value) {
    indexed.emplace_back(std::string(name), std::string(value.raw()));
  });
  ASSERT_EQ(indexed, members) << text;
  for (const std::string name : {"a", "b", "", "n7", "n30", "missing"})
    ASSERT_EQ(loose[name].raw(), view[name].raw()) << text;
}

TEST(JsonScan, AgreesWithAPlainWalkOverJson) {
  Random random;
  for (int i = 0; i < 4000; ++i) compare(random.json());
}

TEST(JsonScan, AgreesWithAPlainWalkOverBrokenJson) {
  Random random;
  for (int i = 0; i < 8000; ++i) compare(random.broken(random.json()));
}

TEST(JsonScan, AgreesWithAPlainWalkOverAnything) {
  Random random;
  for (int i = 0; i < 20000; ++i) compare(random.soup());
}

TEST(JsonScan, WalksAsDeepAsWhatIsValid) {
  for (const int depth : {1, 2, JsonView::kDepthMax, JsonView::kDepthMax + 1,
                          JsonView::kDepthMax + 2, JsonView::kDepthMax + 3}) {
    for (const bool object : {false, true}) {
      std::string text;
      for (int i = 0; i < depth; ++i) text += object ? "{\"a\":" : "[";
      text += object ? "1" : "";
      text.append(static_cast<std::size_t>(depth), object ? '}' : ']');
      compare_walks(text, JsonView::valid(text));
    }
  }
}

TEST(JsonScan, FindsEveryByteThatMattersAtEveryPlace) {
  for (const std::size_t size :
       {2u, 3u, 15u, 16u, 17u, 18u, 31u, 33u, 64u, 66u, 80u, 97u, 129u, 150u}) {
    for (std::size_t at = 1; at + 1 < size; ++at) {
      for (const int byte : {0, 0x1f, 0x20, 0x22, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0xa2, 0xff}) {
        std::string text(size, 'x');
        text.front() = text.back() = '"';
        text[at] = static_cast<char>(byte);
        compare(text);
      }
    }
  }
}

TEST(JsonScan, RemembersNoMoreLongValuesThanItHasRoomFor) {
  std::string text = "[";
  const std::string element =
      "{\"a\":[\"" + std::string(hg::detail::JsonSkips::kLongBytes, 'x') + "\"]}";
  const std::size_t count = hg::detail::JsonSkips::kSkipsMax;
  for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? "," : "") + element;
  text += "]";
  hg::JsonDocument document;
  ASSERT_TRUE(document.read(text));
  EXPECT_EQ(document.root().size(), count);
  document.root().each_element([&](JsonView value) { ASSERT_EQ(value["a"].size(), 1u); });
  ASSERT_FALSE(document.read(text + "]"));
  EXPECT_FALSE(document.root().exists());
}

TEST(JsonScan, KeepsTheFirstOfMembersWithOneName) {
  EXPECT_EQ(JsonMembers(JsonView(R"({"\u0061":1,"a":2})"))["a"].raw(), "1");
  EXPECT_EQ(JsonMembers(JsonView(R"({"a":1,"\u0061":2})"))["a"].raw(), "1");
}

}  // namespace
