// openai.chat: the format that OpenAI's chat completions SDKs speak. It is also the neutral form,
// so bodies and events need no translation; what is left is how errors look and the list of models.

#include <headgate/plugin.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "continuation.hpp"
#include "manifest.hpp"

namespace {

// OpenAI's `type` for a status, which its SDKs and many callers branch on.
std::string_view error_type(std::uint32_t status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 429:
      return "rate_limit_error";
    case 503:
      return "service_unavailable_error";
    default:
      return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

class OpenAiChat final : public hg::Dialect {
 public:
  static constexpr std::string_view kManifest = headgate_openai_chat::kManifest;

  hg::Action error(hg::Call& call, const hg::ClientError& error) const {
    std::string body = R"({"error":{"message":)";
    body += call.quote(error.message);
    body += R"(,"type":")";
    body += error_type(error.status);
    body += R"(","param":)";
    body += error.member.empty() ? "null" : call.quote(error.member);
    body += R"(,"code":)";
    body += error.code.empty() ? "null" : call.quote(error.code);
    body += "}}";
    if (error.event) {
      call.emit(body);
    } else {
      call.response().set_body(body);
    }
    return hg::Action::proceed;
  }

  // What is stored can be asked for again, and what searches or runs code has its price and its
  // traces: once is enough for both. Functions are run by the client.
  bool repeatable(hg::Call& call) const {
    const hg::Message request = call.request();
    const std::string_view operation = call.facets().operation;
    // The same texts give the same vectors, and nothing is left behind.
    if (operation == "embeddings") return true;
    if (operation != "chat") return false;
    for (const std::string_view pointer : {"/store", "/background", "/web_search_options"}) {
      const auto value = request.json(pointer);
      if (value && *value != "null" && *value != "false") return false;
    }
    const auto tools = request.json("/tools");
    return !tools || *tools == "null" || only_functions(request);
  }

  hg::Action answer(hg::Call& call) const {
    const hg::Facets facets = call.facets();
    if (facets.operation == "models") return list(call);
    return one(call, facets.model);
  }

  // For streams that broke off.

  bool continuable(hg::Call& call) const {
    const hg::Message request = call.request();
    const auto is_off = [&](std::string_view pointer, std::string_view usual) {
      const auto value = request.json(pointer);
      return !value || *value == "null" || *value == usual;
    };
    return call.facets().operation == "chat" && is_off("/n", "1") && is_off("/logprobs", "false") &&
           is_off("/audio", "");
  }

  hg::Action said(hg::Call& call, std::string_view data) const {
    const auto text = headgate_openai_chat::text_said(data);
    if (!text) return hg::Action::stop;
    if (!text->empty()) call.emit(*text);
    return hg::Action::proceed;
  }

  hg::Action prefill(hg::Call& call, const hg::Prefill& in) const {
    hg::Message request = call.request();
    const auto messages = headgate_openai_chat::with_prefill(
        request.json("/messages").value_or(std::string_view()), in.text);
    if (!messages || !request.set_json("/messages", *messages)) return hg::Action::abort;
    for (const std::string_view pointer : {"/max_completion_tokens", "/max_tokens"}) {
      const auto limit = request.json(pointer);
      const auto tokens = hg::JsonView(limit.value_or(std::string_view())).unsigned_integer();
      if (!tokens) continue;
      request.set_json(pointer, std::to_string(headgate_openai_chat::lowered(*tokens, in.tokens)));
    }
    return hg::Action::proceed;
  }

  hg::Action join(hg::Call& call, const hg::Joined& in) const {
    call.emit(headgate_openai_chat::joined(in));
    return hg::Action::replaced;
  }

 private:
  // A configuration names some models at most; the bound only keeps the loop finite.
  static constexpr std::size_t kModelsMax = 10'000;

  // More tools than that are not looked at.
  static constexpr std::size_t kToolsMax = 256;

  static bool only_functions(const hg::Message& request) {
    for (std::size_t index = 0; index < kToolsMax; ++index) {
      const std::string tool = "/tools/" + std::to_string(index);
      if (!request.json(tool)) return true;
      const auto type = request.text(tool + "/type");
      if (!type || (*type != "function" && *type != "custom")) return false;
    }
    return false;
  }

  static void append_model(hg::Call& call, const hg::NamedModel& model, std::string& out) {
    out += R"({"id":)";
    out += call.quote(model.model);
    // When a model was made is not known here; clients expect a number.
    out += R"(,"object":"model","created":0,"owned_by":)";
    out += call.quote(model.owner);
    out += "}";
  }

  static hg::Action list(hg::Call& call) {
    std::string body = R"({"object":"list","data":[)";
    std::size_t index = 0;
    for (; index < kModelsMax; ++index) {
      const std::optional<hg::NamedModel> model = call.model_at(index);
      if (!model) break;
      if (index != 0) body += ",";
      append_model(call, *model, body);
    }
    body += "]}";
    call.respond(200, "application/json", body);
    // Where the configuration names no model, the provider knows its own.
    return index == 0 ? hg::Action::proceed : hg::Action::stop;
  }

  static hg::Action one(hg::Call& call, std::string_view wanted) {
    for (std::size_t index = 0; index < kModelsMax; ++index) {
      const std::optional<hg::NamedModel> model = call.model_at(index);
      if (!model) break;
      if (model->model != wanted) continue;
      std::string body;
      append_model(call, *model, body);
      return call.respond(200, "application/json", body);
    }
    call.respond_error(404, "model_not_found",
                       "The model '" + std::string(wanted) + "' does not exist");
    return hg::Action::proceed;
  }
};

}  // namespace

HG_MODULE(OpenAiChat)
