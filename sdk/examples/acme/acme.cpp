// A provider for a vendor with an API of its own. Acme's is not OpenAI's:
//
//   POST /api/complete  {"engine":"rocket","prompt":"user: hi\n","limit":10,"live":false}
//   {"text":"Hello","cost":{"read":3,"wrote":1},"why":"done"}
//
// and with "live" one JSON object per line: {"text":"Hel"}, {"text":"lo"},
// {"cost":{...},"why":"done"}. A request arrives in the neutral form (OpenAI's chat format),
// whatever API the client speaks, and the answer goes back in it; so this one translation serves
// the clients of every API.

#include <headgate/plugin.hpp>

#include <string>
#include <string_view>

namespace {

class Acme final : public hg::Provider {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "com.example.provider.acme",
    "kind": "provider",
    "key": "acme",
    "version": "1.0.0",
    "summary": "Acme's text engines",
    "accepts": [],
    "operations": ["chat"],
    "credential": {"header": "x-acme-key"},
    "schema": {
      "type": "object",
      "additionalProperties": false,
      "properties": {"engine": {"type": "string", "minLength": 1}}
    }
  })";

  explicit Acme(const hg::Config& config) : engine_(config["engine"].text("")) {}

  void target(hg::Target& out) const {
    out.host = "api.acme.example";
    out.tls = true;
    out.base_path = "/api";
    out.model = engine_;
  }

  hg::Action build(hg::Call& call, const hg::Build& in) const {
    const hg::JsonView chat(call.request().body());
    if (chat["tools"].size() > 0)
      return call.refuse(400, "unsupported_tools", "Acme's engines know no tools");
    std::string prompt;
    bool text_only = true;
    chat["messages"].each_element([&](hg::JsonView message) {
      prompt += message["role"].text().value_or("user") + ": ";
      text_only = message["content"].append_text(prompt) && text_only;
      prompt += "\n";
    });
    if (!text_only)
      return call.refuse(400, "unsupported_content", "Acme's engines read plain text only");

    std::string body = "{\"engine\":";
    body += call.quote(in.model);
    body += ",\"prompt\":";
    body += call.quote(prompt);
    if (in.max_tokens) body += ",\"limit\":" + std::to_string(*in.max_tokens);
    body += in.stream ? ",\"live\":true}" : ",\"live\":false}";
    call.upstream().set_line("POST", std::string(in.base_path) + "/complete");
    call.upstream().set_header("content-type", "application/json");
    call.upstream().set_body(body);
    return hg::Action::proceed;
  }

  hg::Action on_head(hg::Call&, const hg::Head& head, hg::Plan& plan) const {
    plan.want_body = true;
    if (head.content_type == "application/x-ndjson") plan.framing = hg::Framing::ndjson;
    return hg::Action::proceed;
  }

  hg::Action on_body(hg::Call& call, std::string_view body) const {
    const hg::JsonView answer(body);
    if (!answer["text"].is_string()) return hg::Action::abort;
    const hg::Usage usage = report(call, answer["cost"]);
    std::string chat = start_of("chat.completion", answer);
    chat += R"("message":{"role":"assistant","content":)";
    chat += answer["text"].raw();
    chat += "}}],\"usage\":" + counts(usage) + "}";
    call.response().set_body(chat);
    return hg::Action::proceed;
  }

  hg::Action on_event(hg::Call& call, const hg::Event& event, hg::EventFlags& flags) const {
    if (!hg::JsonView::valid(event.data)) {
      flags = HG_EVENT_NOT_JSON;
      return hg::Action::proceed;
    }
    const hg::JsonView piece(event.data);
    std::string chunk = start_of("chat.completion.chunk", piece) + "\"delta\":{";
    if (piece["text"].is_string()) chunk += "\"content\":" + std::string(piece["text"].raw());
    chunk += "}}]";
    if (piece["why"].exists()) {
      flags = HG_EVENT_FINAL | HG_EVENT_USAGE;
      chunk += ",\"usage\":" + counts(report(call, piece["cost"]));
    }
    flags |= HG_EVENT_MEANINGFUL;
    call.emit(chunk + "}");
    return hg::Action::replaced;
  }

 private:
  // Up to and including the beginning of the only choice.
  static std::string start_of(std::string_view object, const hg::JsonView& answer) {
    std::string out = R"({"id":"acme","object":")" + std::string(object) +
                      R"(","created":0,"model":"acme","choices":[{"index":0,"finish_reason":)";
    if (!answer["why"].exists()) return out + "null,";
    return out + (answer["why"].equals("limit") ? "\"length\"," : "\"stop\",");
  }

  static hg::Usage report(hg::Call& call, const hg::JsonView& cost) {
    hg::Usage usage;
    usage.input = cost["read"].unsigned_integer();
    usage.output = cost["wrote"].unsigned_integer();
    call.report_usage(usage);
    return usage;
  }
  static std::string counts(const hg::Usage& usage) {
    const std::uint64_t input = usage.input.value_or(0);
    const std::uint64_t output = usage.output.value_or(0);
    return "{\"prompt_tokens\":" + std::to_string(input) +
           ",\"completion_tokens\":" + std::to_string(output) +
           ",\"total_tokens\":" + std::to_string(input + output) + "}";
  }

  std::string engine_;
};

}  // namespace

HG_MODULE(Acme)
