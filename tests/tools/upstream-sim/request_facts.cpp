#include "tests/tools/upstream-sim/request_facts.hpp"

#include <boost/json.hpp>

namespace sim {
namespace {

namespace json = boost::json;

// The position of the value of the first `"key" :`, or npos.
std::size_t find_value(std::string_view body, std::string_view quoted_key) {
  std::size_t at = 0;
  while ((at = body.find(quoted_key, at)) != std::string_view::npos) {
    at += quoted_key.size();
    std::size_t colon = body.find_first_not_of(" \t\r\n", at);
    if (colon == std::string_view::npos || body[colon] != ':') continue;
    return body.find_first_not_of(" \t\r\n", colon + 1);
  }
  return std::string_view::npos;
}

bool is_true(std::string_view body, std::string_view quoted_key) {
  const std::size_t at = find_value(body, quoted_key);
  return at != std::string_view::npos && body.substr(at, 4) == "true";
}

std::string text_at(std::string_view body, std::string_view quoted_key) {
  const std::size_t at = find_value(body, quoted_key);
  if (at == std::string_view::npos || body[at] != '"') return {};
  const std::size_t end = body.find('"', at + 1);
  if (end == std::string_view::npos) return {};
  return std::string(body.substr(at + 1, end - at - 1));
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.ends_with(end);
}

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

Format find_format(std::string_view method, std::string_view path) {
  const bool get = method == "GET";
  if (ends_with(path, "/chat/completions")) return get ? Format::unknown : Format::chat;
  if (path.find(":generateContent") != std::string_view::npos ||
      path.find(":streamGenerateContent") != std::string_view::npos) {
    return Format::gemini;
  }
  if (get && path == "/v1beta/models") return Format::gemini_models;
  if (get && (ends_with(path, "/models") || path.find("/models/") != std::string_view::npos)) {
    return Format::models;
  }
  if (ends_with(path, "/embeddings")) return Format::embeddings;
  if (ends_with(path, "/responses")) return Format::responses;
  for (const std::string_view part :
       {"/images", "/audio", "/files", "/batches", "/moderations", "/completions", "/rerank",
        "/fine_tuning", "/uploads", ":countTokens", "/plain"}) {
    if (path.find(part) != std::string_view::npos) return Format::passed;
  }
  return Format::unknown;
}

const json::value* member(const json::value& value, std::string_view key) {
  const json::object* const object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains(key);
}

std::string text_of(const json::value* value) {
  if (value == nullptr) return {};
  if (const json::string* const text = value->if_string()) return std::string(*text);
  return {};
}

// A value that a JSON schema of a tool's parameters would accept.
json::value sample_of(const json::value& schema, int depth) {
  if (const json::value* const choices = member(schema, "enum")) {
    if (choices->is_array() && !choices->as_array().empty()) return choices->as_array()[0];
  }
  std::string type = text_of(member(schema, "type"));
  for (char& c : type) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (type == "integer") return 7;
  if (type == "number") return 1.5;
  if (type == "boolean") return true;
  if (type == "array") {
    json::array items;
    const json::value* const item = member(schema, "items");
    if (item != nullptr && depth > 0) items.push_back(sample_of(*item, depth - 1));
    return items;
  }
  if (type == "object" || member(schema, "properties") != nullptr) {
    json::object out;
    const json::value* const properties = member(schema, "properties");
    if (properties != nullptr && properties->is_object() && depth > 0) {
      for (const auto& [key, value] : properties->as_object()) {
        out.emplace(key, sample_of(value, depth - 1));
      }
    }
    return out;
  }
  return "Paris";
}

void add_tool(const json::value* function, Facts& facts) {
  if (function == nullptr) return;
  std::string name = text_of(member(*function, "name"));
  if (name.empty()) return;
  constexpr int kDepthMax = 8;
  const json::value* parameters = member(*function, "parameters");
  if (parameters == nullptr) parameters = member(*function, "parametersJsonSchema");
  json::value sample = json::object();
  if (parameters != nullptr) sample = sample_of(*parameters, kDepthMax);
  facts.tool_calls.push_back({std::move(name), json::serialize(sample)});
}

void collect_tools(const json::value& root, Facts& facts) {
  const json::value* const tools = member(root, "tools");
  if (tools == nullptr || !tools->is_array()) return;
  for (const json::value& tool : tools->as_array()) {
    add_tool(member(tool, "function"), facts);  // the OpenAI format
    const json::value* declarations = member(tool, "functionDeclarations");
    if (declarations == nullptr) declarations = member(tool, "function_declarations");
    if (declarations == nullptr || !declarations->is_array()) continue;
    for (const json::value& declaration : declarations->as_array()) add_tool(&declaration, facts);
  }
}

// One message of either format: `parts` is a text or a list of parts.
std::string read_parts(const json::value* parts, Facts& facts) {
  if (parts == nullptr) return {};
  if (!parts->is_array()) return text_of(parts);
  std::string text;
  for (const json::value& part : parts->as_array()) {
    text += text_of(member(part, "text"));
    const std::string type = text_of(member(part, "type"));
    if (type == "image_url" || type == "input_image" || member(part, "inlineData") != nullptr ||
        member(part, "inline_data") != nullptr || member(part, "fileData") != nullptr) {
      ++facts.images;
    }
    if (const json::value* const result = member(part, "functionResponse")) {
      const json::value* const response = member(*result, "response");
      facts.tool_result = response == nullptr ? "{}" : json::serialize(*response);
    }
  }
  return text;
}

void read_messages(const json::value& root, Facts& facts) {
  const json::value* messages = member(root, "messages");
  if (messages == nullptr) messages = member(root, "contents");
  if (messages == nullptr) messages = member(root, "input");
  if (messages == nullptr) return;
  if (!messages->is_array()) {
    facts.last_user_text = text_of(messages);
    return;
  }
  for (const json::value& message : messages->as_array()) {
    facts.tool_result.clear();  // only the last message counts
    facts.prefill.clear();
    const std::string role = text_of(member(message, "role"));
    const json::value* content = member(message, "content");
    if (content == nullptr) content = member(message, "parts");
    std::string text = read_parts(content, facts);
    if (role == "tool" || role == "function") {
      facts.tool_result = text;
    } else if (role == "assistant" || role == "model") {
      facts.prefill = std::move(text);
    } else if (role == "user" || role.empty()) {
      if (facts.tool_result.empty()) facts.last_user_text = std::move(text);
    }
  }
}

void parse_tree(std::string_view body, std::string_view tools, Facts& facts) {
  facts.parsed = true;
  boost::system::error_code error;
  const json::value root = json::parse(body, error);
  if (error) {
    facts.bad_json = true;
    return;
  }
  const json::value* const input = member(root, "input");
  if (facts.format == Format::embeddings && input != nullptr && input->is_array()) {
    facts.inputs = static_cast<std::int64_t>(input->as_array().size());
  }
  facts.base64 = text_of(member(root, "encoding_format")) == "base64";
  read_messages(root, facts);
  facts.structured = body.find("json_schema") != std::string_view::npos ||
                     body.find("json_object") != std::string_view::npos ||
                     body.find("\"responseSchema\"") != std::string_view::npos ||
                     body.find("\"responseJsonSchema\"") != std::string_view::npos ||
                     body.find("application/json") != std::string_view::npos;
  collect_tools(root, facts);
  const bool all = facts.last_user_text.find("call tools") != std::string::npos;
  const bool one = facts.last_user_text.find("call tool") != std::string::npos;
  const bool wanted = tools == "always" || (tools == "auto" && one && facts.tool_result.empty());
  if (!wanted) facts.tool_calls.clear();
  if (!all && facts.tool_calls.size() > 1) facts.tool_calls.resize(1);
}

bool needs_tree(std::string_view body) {
  for (const std::string_view hint :
       {"\"tools\"", "\"tool\"", "image_url", "inlineData", "inline_data", "fileData",
        "response_format", "responseSchema", "responseJsonSchema", "responseMimeType",
        "functionResponse"}) {
    if (body.find(hint) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

bool is_gemini(Format format) {
  return format == Format::gemini || format == Format::gemini_models;
}

Facts read_facts(std::string_view method, std::string_view target, std::string_view body,
                 std::string_view tools, bool always_parse) {
  Facts facts;
  const std::string_view path = path_of(target);
  facts.format = find_format(method, path);
  facts.body_bytes = static_cast<std::int64_t>(body.size());
  if (facts.format == Format::gemini) {
    const std::size_t start = path.find("/models/");
    if (start != std::string_view::npos) {
      const std::string_view model = path.substr(start + 8);
      facts.model = model.substr(0, model.find(':'));
    }
    facts.stream = path.find(":streamGenerateContent") != std::string_view::npos;
    facts.sse = target.find("alt=sse") != std::string_view::npos;
  } else if (facts.format == Format::models) {
    const std::size_t start = path.find("/models/");
    if (start != std::string_view::npos) facts.model = path.substr(start + 8);
  } else {
    facts.model = text_at(body, "\"model\"");
    facts.stream = is_true(body, "\"stream\"");
    facts.include_usage = facts.stream && is_true(body, "\"include_usage\"");
  }
  if (always_parse || facts.format == Format::embeddings || needs_tree(body))
    parse_tree(body, tools, facts);
  return facts;
}

}  // namespace sim
