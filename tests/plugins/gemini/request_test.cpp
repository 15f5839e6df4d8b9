// What the gemini provider makes of requests, beyond the golden files.

#include <gtest/gtest.h>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::FakeCredential;
using hg::testing::FakeHost;
using hg::testing::Instance;
using hg::testing::ProviderRun;

constexpr std::string_view kId = "headgate.provider.gemini";
constexpr std::string_view kMessages = R"("messages":[{"role":"user","content":"Hi"}])";

class GeminiRequest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path("gemini"))) << host.why(); }

  struct Built {
    std::int32_t result = HG_ABORT;
    std::string target;
    std::string body;
    std::string why;      // of a refusal
    std::string code;     // of a refusal
    std::string member;   // of a refusal
    std::string dropped;  // the header that the answer gets
  };
  Built build(const std::string& body, const std::string& config = "{}") {
    Instance gemini(host, kId, config);
    hg_call call(body);
    ProviderRun run(gemini, call);
    Built built;
    built.result = run.build();
    built.target = call.upstream().target;
    built.body = call.upstream().body;
    if (call.answer) {
      built.why = call.answer->message;
      built.code = call.answer->code;
      built.member = call.answer->member;
      EXPECT_EQ(call.answer->status, 400u);
    }
    if (built.result != HG_CONTINUE) return built;
    EXPECT_EQ(run.on_head(), HG_CONTINUE);
    built.dropped = call.response().header("x-headgate-dropped");
    return built;
  }
  // A request with these members beside model and messages.
  Built with(const std::string& members, const std::string& model = "gemini-2.5-flash") {
    return build(R"({"model":")" + model + "\"," + std::string(kMessages) + "," + members + "}");
  }
  Built with_messages(const std::string& messages) {
    return build(R"({"model":"gemini-2.5-flash","messages":[)" + messages + "]}");
  }
  // The text between `begin` and the first `end` behind it.
  static std::string between(const std::string& text, const std::string& begin,
                             const std::string& end) {
    const std::size_t from = text.find(begin);
    if (from == std::string::npos) return "nothing";
    const std::size_t start = from + begin.size();
    return text.substr(start, text.find(end, start) - start);
  }

  FakeHost host;
};

TEST_F(GeminiRequest, AsksGooglesHostUnlessToldOtherwise) {
  Instance gemini(host, kId, R"({"model":"gemini-2.5-pro"})");
  hg_call call;
  const hg_target target = ProviderRun(gemini, call).target();
  EXPECT_EQ(hg::view(target.host), "generativelanguage.googleapis.com");
  EXPECT_EQ(target.tls, 1u);
  EXPECT_EQ(hg::view(target.base_path), "/v1beta");
  EXPECT_EQ(hg::view(target.model), "gemini-2.5-pro");
}

TEST_F(GeminiRequest, PutsTheModelIntoThePath) {
  const auto target = [&](const std::string& model) { return with(R"("n":1)", model).target; };
  EXPECT_EQ(target("gemini-2.5-pro"), "/v1beta/models/gemini-2.5-pro:generateContent");
  EXPECT_EQ(target("tunedModels/my-1"), "/v1beta/tunedModels/my-1:generateContent");
  EXPECT_EQ(target("a b?c:d#e\\u00fc%"),
            "/v1beta/models/a%20b%3Fc%3Ad%23e%C3%BC%25:generateContent");
}

TEST_F(GeminiRequest, RefusesAModelThatWouldLeaveTheFolder) {
  const std::string longest(512, 'm');
  EXPECT_EQ(with(R"("n":1)", longest).result, HG_CONTINUE);
  for (const std::string& model :
       {std::string("../files/x"), std::string("models/../x"), std::string("/x"),
        std::string("models/.."), std::string("./x"), std::string("models/./x"), std::string("."),
        std::string("models/."), std::string("models//x"), std::string("models/"), longest + "m"}) {
    const Built built = with(R"("n":1)", model);
    EXPECT_EQ(built.result, HG_ABORT) << model;
    EXPECT_EQ(built.code, "invalid_model");
  }
  EXPECT_EQ(build("{" + std::string(kMessages) + "}").code, "invalid_model");
}

TEST_F(GeminiRequest, ForwardsOtherPathsUntouched) {
  Instance gemini(host, kId, R"({"model":"m"})");
  hg_call call("any bytes");
  call.operation = "";
  call.dialect = "";
  call.request().method = "PATCH";
  ProviderRun run(gemini, call);
  hg_build in{};
  in.size = HG_END_OF(hg_build, max_tokens);
  in.base_path = hg::str("/v1beta");
  in.path = hg::str("/files/abc?x=1");
  in.max_tokens = HG_UNKNOWN_COUNT;
  ASSERT_EQ(run.build(in), HG_CONTINUE);
  EXPECT_EQ(call.upstream().method, "PATCH");
  EXPECT_EQ(call.upstream().target, "/v1beta/files/abc?x=1");
  EXPECT_EQ(call.upstream().body, "any bytes");
  ASSERT_EQ(run.on_head(200, "text/event-stream"), HG_CONTINUE);
  EXPECT_EQ(run.plan.framing, static_cast<std::uint32_t>(HG_FRAMING_RAW));
}

TEST_F(GeminiRequest, RefusesABodyThatIsNotARequest) {
  for (const char* body : {R"({"model":"m","messages":[{]})", R"({"model":"m"} x)"}) {
    const Built built = build(body, R"({"model":"m"})");
    EXPECT_EQ(built.result, HG_ABORT) << body;
    EXPECT_EQ(built.code, "invalid_request_body");
    EXPECT_EQ(built.body, "");
  }
  for (const char* messages : {R"("messages":[])", R"("messages":{})", R"("n":1)",
                               R"("messages":[{"role":"system","content":"x"}])"}) {
    const Built built = build(std::string(R"({"model":"m",)") + messages + "}");
    EXPECT_EQ(built.why.substr(0, 10), "'messages'") << messages;
  }
}

TEST_F(GeminiRequest, NamesWhatItRefuses) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"("functions":[{"name":"f"}])", "'functions'"},
      {R"("function_call":"auto")", "'function_call'"},
      {R"("web_search_options":{"a":1})", "'web_search_options'"},
      {R"("modalities":["text","image"])", "'modalities'"},
      {R"("modalities":["image"],"response_format":{"type":"json_object"})", "'modalities'"},
      {R"("response_format":{"type":"grammar"})", "'response_format.type'"},
      {R"("response_format":{"type":"json_schema"})", "'response_format.json_schema.schema'"},
      {R"("reasoning_effort":"extreme")", "'reasoning_effort'"},
      {R"("reasoning_effort":"low","extra_body":{"google":{"thinking_config":{"thinking_budget":1}}})",
       "'reasoning_effort'"},
      {R"("stop":["a",1])", "'stop'"},
      {R"("stop":5)", "'stop'"},
      {R"("tool_choice":"required")", "'tool_choice'"},
      {R"("tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"some")",
       "'tool_choice'"},
      {R"("tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}})",
       "'tool_choice'"},
      {R"("tools":[{"type":"function","function":{}}])", "'tools[0].function.name'"},
      {R"("tools":[{"type":"function","function":{"name":"f"}},{"type":"custom"}])",
       "'tools[1].type'"},
  };
  for (const auto& [members, field] : cases) {
    const Built built = with(members);
    EXPECT_EQ(built.result, HG_ABORT) << members;
    EXPECT_EQ(built.code, "unsupported_by_provider");
    EXPECT_EQ(built.why.substr(0, field.size()), field) << members;
    EXPECT_EQ("'" + built.member + "'", field) << members;
  }
}

TEST_F(GeminiRequest, NamesThePlaceInTheMessagesThatItRefuses) {
  const std::string user = R"({"role":"user","content":"Hi"},)";
  const auto assistant = [](const std::string& call) {
    return R"({"role":"assistant","tool_calls":[)" + call + "]}";
  };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"role":"function","name":"f","content":"x"})", "'messages[1].role'"},
      {R"({"role":"user","content":5})", "'messages[1].content'"},
      {R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"video"}]})",
       "'messages[1].content[1].type'"},
      {R"({"role":"user","content":[{"type":"text"}]})", "'messages[1].content[0]'"},
      {R"({"role":"user","content":[{"type":"image_url","image_url":{}}]})",
       "'messages[1].content[0].image_url.url'"},
      {R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y"}}]})",
       "'messages[1].content[0].image_url.url'"},
      {R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"data:;base64,AA"}}]})",
       "'messages[1].content[0].image_url.url'"},
      {R"({"role":"user","content":[{"type":"input_audio","input_audio":{}}]})",
       "'messages[1].content[0].input_audio.data'"},
      {R"({"role":"user","content":[{"type":"file","file":{"file_data":"AAAA"}}]})",
       "'messages[1].content[0].file.file_data'"},
      {R"({"role":"system","content":[{"type":"image_url","image_url":{"url":"x"}}]})",
       "'messages[1].content'"},
      {R"({"role":"assistant","audio":{"id":"audio_1"}})", "'messages[1].audio'"},
      {R"({"role":"assistant","function_call":{"name":"f"}})", "'messages[1].function_call'"},
      {assistant(R"({"id":"1","type":"custom"})"), "'messages[1].tool_calls[0].type'"},
      {assistant(R"({"id":"1","function":{"arguments":"{}"}})"),
       "'messages[1].tool_calls[0].function.name'"},
      {assistant(R"({"id":"1","function":{"name":"f","arguments":"[1]"}})"),
       "'messages[1].tool_calls[0].function.arguments'"},
      {assistant(R"({"id":"1","function":{"name":"f","arguments":"{\"a\":}"}})"),
       "'messages[1].tool_calls[0].function.arguments'"},
      {assistant(R"({"id":"1","function":{"name":"f"}})") +
           R"(,{"role":"tool","tool_call_id":"1","content":[{"type":"image_url","image_url":{"url":"x"}}]})",
       "'messages[2].content'"},
  };
  for (const auto& [messages, place] : cases) {
    const Built built = with_messages(user + messages);
    EXPECT_EQ(built.result, HG_ABORT) << messages;
    EXPECT_EQ(built.why.substr(0, place.size()), place) << messages << " " << built.why;
  }
}

TEST_F(GeminiRequest, TellsWhatItLeftOut) {
  EXPECT_EQ(
      with(R"("user":"u","metadata":{"a":1},"service_tier":"auto","verbosity":"low")").dropped,
      "user, metadata, service_tier, verbosity");
  EXPECT_EQ(with(R"("store":true,"prediction":{"type":"content"})").dropped, "store, prediction");
  EXPECT_EQ(with(R"("seed":2147483648)").dropped, "seed");
  EXPECT_EQ(with(R"("reasoning_effort":"high")", "gemini-2.0-flash").dropped, "reasoning_effort");
  EXPECT_EQ(with(R"("extra_body":{"google":{"x":1,"thinking_config":{"y":1}},"z":1})").dropped,
            "extra_body.google.thinking_config.y, extra_body.google.x, extra_body.z");
  EXPECT_EQ(with_messages(R"({"role":"user","name":"Ann","content":[
      {"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}},
      {"type":"image_url","image_url":{"url":"https://x/y.png","detail":"low"}}]},
      {"role":"assistant","content":"x","reasoning_content":"hm","annotations":[]})")
                .dropped,
            "messages.name, messages.content.cache_control, messages.content.detail, "
            "messages.reasoning_content");
}

TEST_F(GeminiRequest, LeavesOutWithoutAWordWhatMeansNothing) {
  const Built built = with(
      R"("user":null,"store":false,"logit_bias":{},"functions":[],"logprobs":null,"stop":[],"tools":[],"tool_choice":"none","modalities":["text"],"audio":null,
         "parallel_tool_calls":false,"response_format":{"type":"text"},"stream_options":{})");
  EXPECT_EQ(built.result, HG_CONTINUE) << built.why;
  EXPECT_EQ(built.dropped, "");
  EXPECT_EQ(built.body, R"({"contents":[{"role":"user","parts":[{"text":"Hi"}]}]})");
}

TEST_F(GeminiRequest, NeverPutsAClientsBytesIntoAHeaderUnseen) {
  EXPECT_EQ(with(R"("a\r\nset-cookie: x":1,"b\u0000c":1)").dropped, "a??set-cookie??x, b?c");
  EXPECT_EQ(with("\"" + std::string(200, 'n') + "\":1").dropped, std::string(64, 'n'));
  std::string many = R"("x0":1)";
  for (int i = 1; i < 100; ++i) many += ",\"x" + std::to_string(i) + "\":1";
  const std::string shown = with(many).dropped;
  EXPECT_EQ(shown.substr(shown.size() - 8), "x31, ...");
}

TEST_F(GeminiRequest, CopiesNumbersWithAllTheirDigits) {
  const Built built =
      with(R"("temperature":0.10000000000000000555,"max_tokens":12,"seed":-3,"top_p":1E-2)");
  EXPECT_EQ(between(built.body, R"("generationConfig":)", "}"),
            R"({"maxOutputTokens":12,"temperature":0.10000000000000000555,"seed":-3,"topP":1E-2)");
}

TEST_F(GeminiRequest, TakesAsManyStopsAsGeminiDoes) {
  EXPECT_EQ(between(with(R"("stop":["1","2","3","4","5"])").body, R"("stopSequences":)", "}"),
            R"(["1","2","3","4","5"])");
  EXPECT_EQ(with(R"("stop":["1","2","3","4","5","6"])").result, HG_ABORT);
}

TEST_F(GeminiRequest, PrefersTheNewNameOfTheTokenLimit) {
  EXPECT_EQ(
      between(with(R"("max_tokens":1,"max_completion_tokens":2)").body, "maxOutputTokens\":", "}"),
      "2");
  EXPECT_EQ(between(with(R"("max_tokens":1,"max_completion_tokens":null)").body,
                    "maxOutputTokens\":", "}"),
            "1");
}

TEST_F(GeminiRequest, SaysHowMuchToThinkInTheWordsOfTheGeneration) {
  const std::vector<std::array<const char*, 3>> cases = {{
      {"gemini-2.5-flash", "none", R"("thinkingBudget":0,"includeThoughts":false)"},
      {"gemini-2.5-pro", "none", R"("thinkingBudget":128,"includeThoughts":false)"},
      {"gemini-2.5-flash", "minimal", R"("thinkingBudget":1024,"includeThoughts":true)"},
      {"gemini-2.5-flash", "medium", R"("thinkingBudget":8192,"includeThoughts":true)"},
      {"gemini-2.5-flash", "high", R"("thinkingBudget":24576,"includeThoughts":true)"},
      {"gemini-flash-latest", "low", R"("thinkingBudget":1024,"includeThoughts":true)"},
      {"gemini-3-pro-preview", "minimal", R"("thinkingLevel":"low","includeThoughts":true)"},
      {"gemini-3-pro-preview", "medium", R"("thinkingLevel":"high","includeThoughts":true)"},
      {"gemini-3.1-pro", "medium", R"("thinkingLevel":"medium","includeThoughts":true)"},
      {"models/gemini-3-flash", "minimal", R"("thinkingLevel":"minimal","includeThoughts":true)"},
      {"gemini-3-flash", "none", R"("thinkingLevel":"minimal","includeThoughts":false)"},
      {"gemini-4-flash", "xhigh", R"("thinkingLevel":"high","includeThoughts":true)"},
      {"gemini-2.0-flash", "high", "nothing"},
      {"gemini-1.5-pro", "high", "nothing"},
  }};
  for (const auto& [model, effort, expected] : cases) {
    const Built built = with(std::string(R"("reasoning_effort":")") + effort + "\"", model);
    EXPECT_EQ(between(built.body, R"("thinkingConfig":{)", "}"), expected) << model << effort;
  }
  EXPECT_EQ(
      between(with(R"("extra_body":{"google":{"thinking_config":{"thinking_level":"low"}}})").body,
              R"("thinkingConfig":{)", "}"),
      R"("thinkingLevel":"low")");
  EXPECT_EQ(between(with(R"("reasoning_effort":"low","extra_body":{"google":{"thinking_config":
                            {"include_thoughts":false}}})")
                        .body,
                    R"("thinkingConfig":{)", "}"),
            R"("thinkingBudget":1024,"includeThoughts":false)");
}

TEST_F(GeminiRequest, ChoosesToolsInGeminisWords) {
  const std::string tools = R"("tools":[{"type":"function","function":{"name":"f"}}],)";
  const auto mode = [&](const std::string& choice) {
    return between(with(tools + "\"tool_choice\":" + choice).body, R"("functionCallingConfig":{)",
                   "}");
  };
  EXPECT_EQ(mode(R"("auto")"), R"("mode":"AUTO")");
  EXPECT_EQ(mode(R"("none")"), R"("mode":"NONE")");
  EXPECT_EQ(mode(R"("required")"), R"("mode":"ANY")");
  EXPECT_EQ(mode(R"({"type":"function","function":{"name":"f"}})"),
            R"("mode":"ANY","allowedFunctionNames":["f"])");
  EXPECT_EQ(mode(R"({"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[
                 {"type":"function","function":{"name":"f"}},
                 {"type":"function","function":{"name":"g"}}]}})"),
            R"("mode":"ANY","allowedFunctionNames":["f","g"])");
  EXPECT_EQ(mode("null"), "nothing");
}

TEST_F(GeminiRequest, MarksCallsThatLostTheirSignatureFromGeneration3On) {
  const auto parts = [&](const std::string& model) {
    const Built built = build(R"({"model":")" + model + R"(","messages":[
        {"role":"user","content":"Hi"},
        {"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f"}},
                                          {"id":"2","function":{"name":"g"}}]}]})");
    return between(built.body, R"("role":"model","parts":[)", "]");
  };
  EXPECT_EQ(parts("gemini-2.5-pro"), R"({"functionCall":{"id":"1","name":"f","args":{}}},)"
                                     R"({"functionCall":{"id":"2","name":"g","args":{}}})");
  EXPECT_EQ(parts("gemini-3-flash"), R"({"functionCall":{"id":"1","name":"f","args":{}},)"
                                     R"("thoughtSignature":"skip_thought_signature_validator"},)"
                                     R"({"functionCall":{"id":"2","name":"g","args":{}}})");
}

TEST_F(GeminiRequest, SendsAMessagesSignatureBackWhateverItsContent) {
  const std::string extra = R"(,"extra_content":{"google":{"thought_signature":"c2ln"}}})";
  const auto parts = [&](const std::string& content) {
    return between(
        with_messages(R"({"role":"user","content":"Hi"},{"role":"assistant")" + content + extra)
            .body,
        R"("role":"model","parts":[)", "]");
  };
  EXPECT_EQ(parts(R"(,"content":"Yes")"), R"({"text":"Yes","thoughtSignature":"c2ln"})");
  EXPECT_EQ(parts(R"(,"content":[{"type":"text","text":"Yes"}])"),
            R"({"text":"Yes"},{"text":"","thoughtSignature":"c2ln"})");
  EXPECT_EQ(parts(""), R"({"text":"","thoughtSignature":"c2ln"})");
}

TEST_F(GeminiRequest, KeepsToolResultsApartFromWhatTheUserSaysNext) {
  const Built built = with_messages(R"({"role":"user","content":"Hi"},
      {"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f"}}]},
      {"role":"tool","tool_call_id":"1","content":""},{"role":"user","content":"So?"})");
  EXPECT_EQ(between(built.body, R"({"role":"user","parts":[{"functionResponse")", "]}]"),
            R"(:{"id":"1","name":"f","response":{"result":""}}}]},)"
            R"({"role":"user","parts":[{"text":"So?"})");
}

TEST_F(GeminiRequest, PutsTheKeyWhereTheManifestSays) {
  Instance gemini(host, kId);
  EXPECT_EQ(gemini.manifest("/credential"), R"({"header": "x-goog-api-key"})");
  hg_call call(R"({"model":"m",)" + std::string(kMessages) + "}");
  ProviderRun run(gemini, call);
  ASSERT_EQ(run.build(), HG_CONTINUE);
  FakeCredential key;
  key.kind = HG_CREDENTIAL_KEY;
  key.value = "g-1";
  ASSERT_EQ(run.sign(key), HG_CONTINUE);
  ASSERT_TRUE(call.placed);
  EXPECT_EQ(call.placed->value, "g-1");
}

}  // namespace
