// What Gemini said comes back to Gemini as it was, and what is not Gemini's does not.

#include <headgate/json_view.hpp>
#include <headgate/llm/json_writer.hpp>

#include <gtest/gtest.h>

#include <random>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::JsonView;
using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::ProviderRun;

constexpr std::string_view kId = "headgate.provider.gemini";

struct Said {
  std::string json;
  std::string kind;  // "text" and "thought": may be cut and joined
  std::string text;
};

std::string as_json(std::string_view text) {
  std::string out;
  hg::llm::append_quoted(out, text);
  return out;
}

Said text_part(const std::string& text, bool thought) {
  const std::string end = thought ? ",\"thought\":true}" : "}";
  return {"{\"text\":" + as_json(text) + end, thought ? "thought" : "text", text};
}

// As many parts as one likes, in any order.
class Speaker {
 public:
  explicit Speaker(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  std::vector<Said> parts() {
    std::vector<Said> all;
    for (std::size_t count = below(7) + 1; count > 0; --count) all.push_back(part());
    return all;
  }

  // The same, with text cut anywhere between two characters.
  std::vector<Said> cut(const std::vector<Said>& parts) {
    std::vector<Said> all;
    for (const Said& said : parts) {
      if (said.kind.empty()) {
        all.push_back(said);
        continue;
      }
      std::string piece;
      for (std::size_t i = 0; i < said.text.size(); ++i) {
        const bool begins = (static_cast<unsigned char>(said.text[i]) & 0xC0) != 0x80;
        if (begins && !piece.empty() && below(3) == 0) {
          all.push_back(text_part(piece, said.kind == "thought"));
          piece.clear();
        }
        piece += said.text[i];
      }
      all.push_back(text_part(piece, said.kind == "thought"));
    }
    return all;
  }

 private:
  std::string words() {
    static const std::vector<std::string> kWords = {
        "a", "be \"it\"", "\xC3\xBC", "\xE2\x98\x83", "\n", "\xF0\x9F\x98\x80", ""};
    std::string out;
    for (std::size_t count = below(4); count > 0; --count) out += kWords[below(kWords.size())];
    return out;
  }
  std::string signature() {
    return below(3) == 0 ? ",\"thoughtSignature\":\"c2ln" + std::to_string(below(100)) + "\"" : "";
  }
  // Members that the chat format does not know, or none.
  std::string further(const std::string& members) { return below(3) == 0 ? "," + members : ""; }
  Said part() {
    const std::string number = std::to_string(below(1000));
    switch (below(8)) {
      case 0:
      case 1:
        return text_part(words(), false);
      case 2:
        return text_part(words(), true);
      case 3:
        return {"{\"text\":" + as_json(words()) + ",\"thoughtSignature\":\"c2ln" + number + "\"}",
                "", ""};
      case 4: {
        const std::string id = below(2) == 0 ? "\"id\":\"fc-" + number + "\"," : "";
        return {"{\"functionCall\":{" + id + "\"name\":\"f\",\"args\":{\"n\":1" + number + ".0}" +
                    further("\"newInCalls\":[" + number + ".0]") + "}" + signature() +
                    (below(4) == 0 ? ",\"partMetadata\":{\"k\":1.0}" : "") + "}",
                "", ""};
      }
      case 5:
        return {"{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AA" + number + "\"" +
                    further("\"displayName\":" + as_json(words() + "p")) + "}" + signature() + "}",
                "", ""};
      case 6:
        return {"{\"executableCode\":{\"code\":" + as_json(words()) + "}}", "", ""};
      default:
        return {R"({"somethingNew":{"n":12345678901234567890,"x":1E0}})", "", ""};
    }
  }
  std::mt19937 random_;
};

// Texts that follow each other are one, and none is nothing.
std::string joined(const std::vector<Said>& parts) {
  std::vector<Said> all;
  for (const Said& said : parts) {
    if (!said.kind.empty() && said.text.empty()) continue;
    if (!all.empty() && !said.kind.empty() && all.back().kind == said.kind) {
      all.back() = text_part(all.back().text + said.text, said.kind == "thought");
    } else {
      all.push_back(said);
    }
  }
  std::string out;
  for (const Said& said : all) out += (out.empty() ? "" : ",") + said.json;
  return out;
}

std::string list(const std::vector<Said>& parts) {
  std::string out;
  for (const Said& said : parts) out += (out.empty() ? "" : ",") + said.json;
  return out;
}

std::string answer_of(const std::string& parts, bool end = true) {
  return R"({"responseId":"r","candidates":[{"content":{"parts":[)" + parts + "]}" +
         (end ? R"(,"finishReason":"STOP")" : "") + "}]}";
}

// A streamed message, put together as clients do it.
struct Streamed {
  std::string content;
  std::string reasoning;
  std::string calls;
  std::string images;
  std::string headgate;

  void add(const JsonView& delta) {
    delta["content"].append_text(content);
    delta["reasoning_content"].append_text(reasoning);
    add_to(calls, delta["tool_calls"]);
    add_to(images, delta["images"]);
    if (delta["headgate"].exists()) headgate = delta["headgate"].raw();
  }
  static void add_to(std::string& all, const JsonView& items) {
    items.each_element([&](JsonView item) {
      const std::size_t behind_index = item.raw().find(',') + 1;
      all += (all.empty() ? "{" : ",{") + std::string(item.raw().substr(behind_index));
    });
  }
};

std::string inside(const JsonView& array) {
  return array.exists() ? std::string(array.raw().substr(1, array.raw().size() - 2)) : "";
}

class GeminiBlocks : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("gemini"))) << host.why(); }

  // The message of a whole answer.
  std::string message_of(const std::string& answer) {
    Instance gemini(host, kId);
    hg_call call(request("{\"role\":\"user\",\"content\":\"Hi\"}"));
    ProviderRun run(gemini, call);
    EXPECT_EQ(run.build(), HG_CONTINUE);
    EXPECT_EQ(run.on_head(200, "application/json"), HG_CONTINUE);
    EXPECT_EQ(run.on_body(answer), HG_CONTINUE) << answer;
    const std::string body = call.response().body;
    EXPECT_TRUE(JsonView::valid(body)) << body;
    return std::string(JsonView(body).at("/choices/0/message").raw());
  }

  Streamed streamed(const std::vector<std::string>& events) {
    Instance gemini(host, kId);
    hg_call call(request("{\"role\":\"user\",\"content\":\"Hi\"}"));
    ProviderRun run(gemini, call);
    EXPECT_EQ(run.build(), HG_CONTINUE);
    EXPECT_EQ(run.on_head(200, "text/event-stream"), HG_CONTINUE);
    Streamed message;
    for (const std::string& event : events) {
      const auto result = run.on_event(event);
      EXPECT_EQ(result.action, HG_REPLACED) << event;
      for (const auto& chunk : result.emitted) {
        EXPECT_TRUE(JsonView::valid(chunk.data)) << chunk.data;
        message.add(JsonView(chunk.data).at("/choices/0/delta"));
      }
    }
    return message;
  }

  // What Gemini is sent of this message, between the brackets; what it is not goes to `dropped_`.
  std::string sent_back(const std::string& message) {
    Instance gemini(host, kId);
    hg_call call(request("{\"role\":\"user\",\"content\":\"Hi\"}," + message));
    ProviderRun run(gemini, call);
    EXPECT_EQ(run.build(), HG_CONTINUE) << message;
    EXPECT_EQ(run.on_head(), HG_CONTINUE);
    dropped_ = call.response().header("x-headgate-dropped");
    const std::string body = call.upstream().body;
    EXPECT_TRUE(JsonView::valid(body)) << body;
    return inside(JsonView(body).at("/contents/1/parts"));
  }

  static std::string request(const std::string& messages) {
    return R"({"model":"gemini-2.5-flash","messages":[)" + messages + "]}";
  }
  // A message with these members and blocks.
  static std::string with_blocks(const std::string& members, const std::string& blocks) {
    return R"({"role":"assistant",)" + members + R"(,"headgate":{"blocks":[)" + blocks + "]}}";
  }

  FakeHost host;
  std::string dropped_;
};

TEST_F(GeminiBlocks, BringWhatGeminiSaidBackAsItWas) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    const std::vector<Said> parts = Speaker(seed).parts();
    const std::string message = message_of(answer_of(list(parts)));
    EXPECT_EQ(sent_back(message), joined(parts)) << seed << " " << message;
    EXPECT_EQ(dropped_, "") << seed << " " << message;
  }
}

TEST_F(GeminiBlocks, AreTheSameHoweverTheStreamIsCut) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    Speaker speaker(seed);
    const std::vector<Said> parts = speaker.parts();
    std::vector<std::string> events;
    std::vector<Said> event;
    for (const Said& piece : speaker.cut(parts)) {
      event.push_back(piece);
      if (speaker.below(2) == 0) continue;
      events.push_back(answer_of(list(event), false));
      event.clear();
    }
    events.push_back(answer_of(list(event)));
    const Streamed got = streamed(events);
    const std::string whole = message_of(answer_of(list(parts)));
    const JsonView message(whole);
    EXPECT_EQ(got.content, message["content"].text().value_or("")) << seed;
    EXPECT_EQ(got.reasoning, message["reasoning_content"].text().value_or("")) << seed;
    EXPECT_EQ(got.calls, inside(message["tool_calls"])) << seed;
    EXPECT_EQ(got.images, inside(message["images"])) << seed;
    EXPECT_EQ(got.headgate, message["headgate"].raw()) << seed << " " << whole;
  }
}

TEST_F(GeminiBlocks, GiveWayToWhatTheMessageSays) {
  const std::string blocks = R"({"kind":"text","length":2},{"kind":"tool_call","id":"1"},)"
                             R"({"kind":"text","length":3})";
  const std::string call = R"("tool_calls":[{"id":"1","function":{"name":"f"}}])";
  const std::string sent = R"({"functionCall":{"id":"1","name":"f","args":{}}})";
  EXPECT_EQ(sent_back(with_blocks(R"("content":"abcde",)" + call, blocks)),
            R"({"text":"ab"},)" + sent + R"(,{"text":"cde"})");
  EXPECT_EQ(dropped_, "");
  EXPECT_EQ(sent_back(with_blocks(R"("content":[{"type":"text","text":"a"},)"
                                  R"({"type":"text","text":"bcde","x":1}],)" +
                                      call,
                                  blocks)),
            R"({"text":"ab"},)" + sent + R"(,{"text":"cde"})");
  EXPECT_EQ(dropped_, "messages.content.x");
  const std::vector<std::pair<std::string, std::string>> changed = {
      {R"("content":"abcdef",)" + call, R"({"text":"abcdef"},)" + sent},
      {R"("content":"abcd",)" + call, R"({"text":"abcd"},)" + sent},
      {"\"content\":\"a\xC3\xBC"
       "de\"," +
           call,
       "{\"text\":\"a\xC3\xBC"
       "de\"}," +
           sent},
      {R"("content":"abcde")", R"({"text":"abcde"})"},
      {R"("content":"abcde","tool_calls":[{"id":"2","function":{"name":"f"}}])",
       R"({"text":"abcde"},{"functionCall":{"id":"2","name":"f","args":{}}})"},
      {R"("content":"abcde","tool_calls":[{"id":"1","function":{"name":"f"}},{"id":"2","function":{"name":"f"}}])",
       R"({"text":"abcde"},)" + sent + R"(,{"functionCall":{"id":"2","name":"f","args":{}}})"},
      {R"("content":"abcde","refusal":"no",)" + call, R"({"text":"abcde"},{"text":"no"},)" + sent},
  };
  for (const auto& [members, parts] : changed) {
    EXPECT_EQ(sent_back(with_blocks(members, blocks)), parts) << members;
    EXPECT_EQ(dropped_, "messages.headgate.blocks") << members;
  }
  EXPECT_EQ(sent_back(with_blocks(R"("content":"ab")", R"({"kind":"text"})")), R"({"text":"ab"})");
  EXPECT_EQ(dropped_, "messages.headgate.blocks");
}

TEST_F(GeminiBlocks, DoWithoutThoughtsThatTheClientDidNotKeep) {
  const std::string blocks =
      R"({"kind":"thinking","origin":"gemini.generate","length":2},{"kind":"text","length":1})";
  EXPECT_EQ(sent_back(with_blocks(R"("content":"a","reasoning_content":"hm")", blocks)),
            R"({"text":"hm","thought":true},{"text":"a"})");
  EXPECT_EQ(dropped_, "");
  for (const char* members : {R"("content":"a","reasoning_content":"hmm")", R"("content":"a")",
                              R"("content":"a","reasoning_content":5)"}) {
    EXPECT_EQ(sent_back(with_blocks(members, blocks)), R"({"text":"a"})") << members;
    EXPECT_EQ(dropped_, "messages.reasoning_content") << members;
  }
  EXPECT_EQ(sent_back(with_blocks(R"("content":"a","reasoning_content":"hm")",
                                  R"({"kind":"text","length":1})")),
            R"({"text":"a"})");
  EXPECT_EQ(dropped_, "messages.reasoning_content");
}

TEST_F(GeminiBlocks, OfOthersAreLeftOutAndNamed) {
  const auto dropped = [&](const std::string& block, const std::string& members = "") {
    sent_back(with_blocks(R"("content":"")" + members, block));
    return dropped_;
  };
  EXPECT_EQ(
      dropped(R"({"kind":"thinking","origin":"acme","length":2})", R"(,"reasoning_content":"hm")"),
      "messages.reasoning_content");
  EXPECT_EQ(dropped(R"({"kind":"redacted","opaque":{"kind":"x","origin":"acme","bytes":"AA"}})"),
            "messages.headgate.acme");
  EXPECT_EQ(dropped(R"({"kind":"redacted","opaque":{"kind":"x","bytes":"AA"}})"),
            "messages.headgate.opaque");
  EXPECT_EQ(dropped(R"({"kind":"x","opaque":{"kind":"y","origin":"gemini.generate","bytes":"A"}})"),
            "messages.headgate.gemini.generate");
  EXPECT_EQ(dropped(R"({"kind":"server_tool","extra":{"acme":{"a":1}}})"),
            "messages.headgate.acme");
  EXPECT_EQ(dropped(R"({"kind":"strange"})"), "messages.headgate.strange");
  EXPECT_EQ(dropped(R"({"kind":"image","origin":"acme"})", R"(,"images":[{"type":"image_url",)"
                                                           R"("image_url":{"url":"data:x"}}])"),
            "messages.images");
  EXPECT_EQ(dropped(R"({"kind":"text","length":0})", R"(,"extra_content":{"google":{}})"),
            "messages.extra_content");
}

TEST_F(GeminiBlocks, AreNoWayAroundWhatLooksAtMessages) {
  const auto parts = [&](const std::string& kind, const std::string& extra) {
    return sent_back(with_blocks(
        R"("content":"a")", R"({"kind":"text","length":1},{"kind":")" + kind +
                                R"(","length":0,"extra":{"gemini.generate":{)" + extra + "}}}"));
  };
  for (const char* name : {"text", "functionCall", "functionResponse", "thoughtSignature"}) {
    EXPECT_EQ(parts("other", "\"" + std::string(name) + "\":{\"x\":1}"), R"({"text":"a"})") << name;
    EXPECT_EQ(dropped_, "messages.headgate.extra." + std::string(name));
  }
  for (const char* name : {"inlineData", "thought"}) {
    EXPECT_EQ(parts("text", "\"" + std::string(name) + "\":{}"), R"({"text":"a"})") << name;
    EXPECT_EQ(parts("media", "\"" + std::string(name) + "\":{}"),
              R"({"text":"a"},{")" + std::string(name) + "\":{}}");
  }
  for (const char* uri : {R"("gs://private/x")", R"("https://example.com/x")", "5"}) {
    EXPECT_EQ(parts("media", R"("fileData":{"fileUri":)" + std::string(uri) + "}"),
              R"({"text":"a"})");
    EXPECT_EQ(dropped_, "messages.headgate.extra.fileData");
  }
}

// Google's JSON has two ways to write a name.
TEST_F(GeminiBlocks, AreNoWayAroundItByTheOtherWayToWriteAName) {
  const auto parts = [&](const std::string& extra) {
    return sent_back(
        with_blocks(R"("content":"a")", R"({"kind":"text","length":1},{"kind":"other","extra":)"
                                        R"({"gemini.generate":{)" +
                                            extra + "}}}"));
  };
  for (const char* name :
       {"function_call", "function_response", "thought_signature", "functioncall"}) {
    EXPECT_EQ(parts("\"" + std::string(name) + "\":{\"x\":1}"), R"({"text":"a"})") << name;
    EXPECT_EQ(dropped_, "messages.headgate.extra." + std::string(name));
  }
  const std::string own = R"("fileUri":"https://generativelanguage.googleapis.com/v1beta/files/x")";
  for (const std::string& file : {std::string(R"("file_data":{"file_uri":"gs://private/x"})"),
                                  "\"fileData\":{" + own + R"(,"file_uri":"gs://private/x"})",
                                  "\"fileData\":{" + own + R"(,"fileUri":"gs://private/x"})"}) {
    EXPECT_EQ(parts(file), R"({"text":"a"})") << file;
  }
  EXPECT_EQ(parts("\"fileData\":{" + own + "}"), R"({"text":"a"},{"fileData":{)" + own + "}}");
}

TEST_F(GeminiBlocks, KeepWhatTheChatDoesNotKnowOfACallOrAPicture) {
  const std::string call = R"({"functionCall":{"id":"c","name":"f","args":{},"new":{"n":1.0}}})";
  const std::string picture = R"({"inlineData":{"mimeType":"image/png","data":"AA","new":1E0}})";
  const std::string message = message_of(answer_of(call + "," + picture));
  EXPECT_EQ(JsonView(message).at("/headgate/blocks/0/extra").raw(),
            R"({"gemini.generate":{"functionCall":{"new":{"n":1.0}}}})");
  EXPECT_EQ(JsonView(message).at("/headgate/blocks/1/extra").raw(),
            R"({"gemini.generate":{"inlineData":{"new":1E0}}})");
  EXPECT_EQ(sent_back(message), call + "," + picture);
  EXPECT_EQ(dropped_, "");
  const Streamed got = streamed({answer_of(call, false), answer_of(picture)});
  EXPECT_EQ(got.headgate, JsonView(message)["headgate"].raw());
}

TEST_F(GeminiBlocks, CannotChangeACallOrAPicture) {
  const std::string extra =
      R"(,"extra":{"gemini.generate":{"functionCall":{"name":"g","args":1,)"
      R"("ID":2,"new":1},"inlineData":{"data":"BB","mime_type":"x","new":2}}}})";
  const std::string members =
      R"("content":null,"tool_calls":[{"id":"1","function":{"name":"f"}}],)"
      R"("images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}])";
  EXPECT_EQ(
      sent_back(with_blocks(members, R"({"kind":"tool_call","id":"1")" + extra +
                                         R"(,{"kind":"image","origin":"gemini.generate")" + extra)),
      R"({"functionCall":{"id":"1","name":"f","args":{},"new":1}},)"
      R"({"inlineData":{"mimeType":"image/png","data":"AA","new":2}})");
  EXPECT_EQ(dropped_,
            "messages.headgate.extra.functionCall.name, messages.headgate.extra.functionCall.args, "
            "messages.headgate.extra.functionCall.ID, messages.headgate.extra.inlineData, "
            "messages.headgate.extra.functionCall, messages.headgate.extra.inlineData.data, "
            "messages.headgate.extra.inlineData.mime_type");
}

TEST_F(GeminiBlocks, TakeASignatureFromTheFieldOfGooglesChat) {
  const auto sent = [&](const std::string& signature) {
    return sent_back(R"({"role":"assistant","content":"a","extra_content":{"google":)"
                     R"({"thought_signature":")" +
                     signature + "\"}}}");
  };
  EXPECT_EQ(sent("c2ln"), R"({"text":"a","thoughtSignature":"c2ln"})");
  EXPECT_EQ(sent("hg1.gemini.generate.c2ln"), R"({"text":"a","thoughtSignature":"c2ln"})");
  EXPECT_EQ(dropped_, "");
  EXPECT_EQ(sent("hg1.acme.talk.c2ln"), R"({"text":"a"})");
  EXPECT_EQ(dropped_, "messages.extra_content.acme.talk");
}

TEST_F(GeminiBlocks, OfAStreamThatHoldsTooMuchAreOnlyInItsChunks) {
  const auto holding = [&](std::size_t bytes) {
    const std::string code = R"({"executableCode":{"code":")" + std::string(bytes, 'x') + "\"}}";
    return streamed({answer_of(code)}).headgate;
  };
  EXPECT_NE(holding(200 * 1024), "");
  EXPECT_EQ(holding(300 * 1024), "");
}

TEST_F(GeminiBlocks, LeaveCountsThatTheChatHasNoPlaceForWithTheUsage) {
  const std::string usage = R"("usageMetadata":{"promptTokenCount":1,"promptTokensDetails":)"
                            R"([{"modality":"TEXT","tokenCount":1}],"trafficType":"X"}})";
  const std::string answer = answer_of(R"({"text":"a"})");
  const std::string body = answer.substr(0, answer.size() - 1) + "," + usage;
  const std::string wanted = R"({"extra":{"gemini.generate":{"promptTokensDetails":)"
                             R"([{"modality":"TEXT","tokenCount":1}],"trafficType":"X"}}})";
  Instance gemini(host, kId);
  hg_call call(R"({"model":"m","messages":[{"role":"user","content":"a"}],"stream":true,)"
               R"("stream_options":{"include_usage":true}})");
  ProviderRun stream(gemini, call);
  ASSERT_EQ(stream.build(), HG_CONTINUE);
  ASSERT_EQ(stream.on_head(200, "text/event-stream"), HG_CONTINUE);
  stream.on_event(body);
  const auto end = stream.on_end();
  ASSERT_EQ(end.emitted.size(), 1u);
  EXPECT_EQ(JsonView(end.emitted[0].data).at("/usage/headgate").raw(), wanted);
  hg_call second(request(R"({"role":"user","content":"a"})"));
  ProviderRun whole(gemini, second);
  ASSERT_EQ(whole.build(), HG_CONTINUE);
  ASSERT_EQ(whole.on_head(200, "application/json"), HG_CONTINUE);
  ASSERT_EQ(whole.on_body(body), HG_CONTINUE);
  EXPECT_EQ(JsonView(second.response().body).at("/usage/headgate").raw(), wanted);
}

TEST_F(GeminiBlocks, AreNotMentionedWhereThereIsOnlyText) {
  const std::string message = message_of(answer_of(R"({"text":"a"},{"text":"b"})"));
  EXPECT_EQ(message, R"({"role":"assistant","content":"ab","refusal":null})");
  const Streamed got =
      streamed({answer_of(R"({"text":"a"})", false), answer_of(R"({"text":"b"})")});
  EXPECT_EQ(got.content, "ab");
  EXPECT_EQ(got.headgate, "");
}

}  // namespace
