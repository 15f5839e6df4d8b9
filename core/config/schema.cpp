#include "core/config/schema.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string_view>
#include <utility>

#include "core/config/config.hpp"
#include "core/config/fields.hpp"

namespace headgate::config {

namespace {

namespace json = boost::json;

json::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}

json::value parse(std::string_view text) {
  json::parse_options options;
  options.max_depth = 128;
  boost::system::error_code error;
  json::value value = json::parse(view(text), error, json::storage_ptr(), options);
  return error ? json::value(true) : value;
}

json::array words(std::span<const std::string> list) {
  json::array out;
  for (const std::string& word : list) out.emplace_back(word);
  return out;
}

// Whole numbers without a fraction.
json::value number(double bound) {
  if (const auto whole = static_cast<std::int64_t>(bound); static_cast<double>(whole) == bound)
    return whole;
  return bound;
}

// A scalar may also be written with a variable (`$PORT`): every form allows a text with a `$`.
json::object scalar_schema(const ScalarForm& form) {
  json::object schema;
  bool allows_text = false;
  json::array types;
  for (const std::string_view type : form.types) {
    types.emplace_back(view(type));
    allows_text = allows_text || type == "string";
  }
  if (!allows_text) types.emplace_back("string");
  if (types.size() == 1) {
    schema["type"] = types[0];
  } else {
    schema["type"] = std::move(types);
  }
  if (!form.choices.empty()) {
    json::object variable{{"type", "string"}, {"pattern", "\\$"}};
    schema["anyOf"] = {json::object{{"enum", words(form.choices)}}, std::move(variable)};
  }
  if (!allows_text) {
    schema["pattern"] = "\\$";
  } else if (!form.pattern.empty()) {
    schema["pattern"] = "^(?:" + form.pattern + ")$|\\$";
  }
  if (form.minimum) schema["minimum"] = number(*form.minimum);
  if (form.maximum) schema["maximum"] = number(*form.maximum);
  if (!form.default_json.empty()) schema["default"] = parse(form.default_json);
  return schema;
}

// Writes the schema of one map by its description.
class SchemaWriter final : public Fields {
 public:
  SchemaWriter(const PluginKeys& plugins, json::object& schema)
      : plugins_(plugins), schema_(schema) {
    schema_["type"] = "object";
  }

  void close() {
    if (schema_.contains("oneOf") && !schema_.contains("properties")) return;  // form()
    schema_["additionalProperties"] = false;
  }

  void value(const Key& key, const ScalarForm& form, const Take&) override {
    property(key) = scalar_schema(form);
    describe_key(key);
  }

  void values(const Key& key, const ScalarForm& form, const Take&) override {
    json::object& schema = property(key);
    schema["type"] = "array";
    schema["items"] = scalar_schema(form);
    if (key.required) schema["minItems"] = 1;
    describe_key(key);
  }

  void named_values(const Key& key, const ScalarForm& form, const NamedTake&) override {
    json::object& schema = property(key);
    schema["type"] = {"object", "null"};
    schema["additionalProperties"] = scalar_schema(form);
    describe_key(key);
  }

  void map(const Key& key, const Inside& inside) override {
    json::object& schema = property(key);
    write(schema, inside);
    // `backendTLS:` with nothing behind it is an empty map.
    if (schema.contains("type")) schema["type"] = {"object", "null"};
    describe_key(key);
  }

  void list(const Key& key, const Inside& inside) override {
    json::object& schema = property(key);
    schema["type"] = "array";
    json::object& items = schema["items"].emplace_object();
    write(items, inside);
    if (key.required || key.not_empty) schema["minItems"] = 1;
    describe_key(key);
  }

  void entries(const Key& key, const NamedInside& inside) override {
    json::object& schema = property(key);
    schema["type"] = "object";
    json::object& each = schema["additionalProperties"].emplace_object();
    write(each, [&](Fields& fields) { inside(fields, "name"); });
    describe_key(key);
  }

  void exactly_one(std::span<const std::string_view> keys) override {
    json::array forms;
    for (const std::string_view key : keys) {
      forms.push_back(json::object{{"required", json::array{view(key)}}});
    }
    schema_["oneOf"] = std::move(forms);
  }

  void form(std::string_view, const Inside& with, const Inside& without) override {
    json::object first;
    json::object second;
    write(first, with);
    write(second, without);
    schema_["oneOf"] = {std::move(first), std::move(second)};
  }

  void provider_plugin(const Key& key, std::string&, std::string&, PluginConfig&) override {
    json::object& schema = property(key);
    schema["type"] = "object";
    json::object& properties = schema["properties"].emplace_object();
    for (const PluginKey& plugin : plugins_.entries()) {
      if (plugin.kind != PluginKey::Kind::provider || plugin.key.empty()) continue;
      properties[plugin.key] = plugin_reference(plugin);
    }
    schema["additionalProperties"] = false;
    schema["minProperties"] = 1;
    schema["maxProperties"] = 1;
    describe_key(key);
  }

  void policy_plugins(std::vector<PluginPolicy>&) override {
    for (const PluginKey& plugin : plugins_.entries()) {
      if (plugin.kind != PluginKey::Kind::policy || plugin.key.empty()) continue;
      if (properties().contains(plugin.key)) continue;
      properties()[plugin.key] = plugin_reference(plugin);
    }
  }

  void plugins_by_id(const Key& key, std::vector<PluginPolicy>&) override {
    json::array forms;
    for (const PluginKey& plugin : plugins_.entries()) {
      if (plugin.kind != PluginKey::Kind::policy) continue;
      json::object form{{"type", "object"}, {"additionalProperties", false}};
      form["properties"] = {{"use", {{"const", plugin.id}}},
                            {"config", plugin_reference(plugin)},
                            {"onError", on_error()}};
      form["required"] = json::array{"use"};
      forms.push_back(std::move(form));
    }
    forms.push_back(plugin_by_path());
    json::object& schema = property(key);
    schema["type"] = "array";
    schema["items"].emplace_object()["anyOf"] = std::move(forms);
    describe_key(key);
  }

  void title(std::string_view, std::string_view) override {}
  Position position() const override { return {}; }
  void check_file(std::string_view, const std::string&) override {}
  void fault(std::string_view, std::string) override {}
  void fault(const PlacedText&, std::string) override {}

 private:
  void write(json::object& schema, const Inside& inside) {
    SchemaWriter writer(plugins_, schema);
    inside(writer);
    writer.close();
  }

  json::object& properties() {
    json::value& properties = schema_["properties"];
    return properties.is_object() ? properties.get_object() : properties.emplace_object();
  }

  json::object& property(const Key& key) {
    if (key.required) {
      json::value& required = schema_["required"];
      if (!required.is_array()) required.emplace_array();
      required.get_array().emplace_back(view(key.name));
    }
    return properties()[view(key.name)].emplace_object();
  }

  void describe_key(const Key& key) {
    if (!key.doc.empty())
      properties().at(view(key.name)).get_object()["description"] = view(key.doc);
  }

  // The schema is written without the file, so what such a plugin is and takes is not known.
  static json::object plugin_by_path() {
    json::object form{{"type", "object"}, {"additionalProperties", false}};
    json::object path{{"type", "string"}, {"pattern", "^/|^\\$"}};
    form["properties"] = {{"use", std::move(path)}, {"config", true}, {"onError", on_error()}};
    form["required"] = json::array{"use"};
    return form;
  }

  static json::object on_error() {
    return {{"enum", {"fail", "continue"}},
            {"default", "fail"},
            {"description",
             "When the policy fails: the request fails, or goes on without it. 'continue' is not "
             "for policies that say who may do what."}};
  }

  static json::value plugin_reference(const PluginKey& plugin) {
    return json::object{{"$ref", "#/$defs/" + plugin.id}};
  }

  const PluginKeys& plugins_;
  json::object& schema_;
};

// References inside a plugin's schema are from its own root; after the merge they are from ours.
void move_references(json::value& value, const std::string& root) {
  if (value.is_array()) {
    for (json::value& item : value.get_array()) move_references(item, root);
  }
  if (!value.is_object()) return;
  for (json::key_value_pair& member : value.get_object()) {
    if (member.key() == "$ref" && member.value().is_string()) {
      const json::string& target = member.value().get_string();
      member.value() = "#" + root + std::string(target.data() + 1, target.size() - 1);
    } else {
      move_references(member.value(), root);
    }
  }
}

// A secret may be written as `{file: PATH}`.
void allow_secret_files(json::value& value) {
  if (value.is_array()) {
    for (json::value& item : value.get_array()) allow_secret_files(item);
  }
  if (!value.is_object()) return;
  for (json::key_value_pair& member : value.get_object()) allow_secret_files(member.value());
  const json::value* format = value.get_object().if_contains("format");
  if (!format || *format != json::value("secret")) return;
  json::object file{{"type", "object"}, {"additionalProperties", false}};
  file["properties"] = {{"file", {{"type", "string"}}}};
  file["required"] = json::array{"file"};
  json::object text = value.get_object();
  text.erase("format");
  value = json::object{{"anyOf", {std::move(text), std::move(file)}}};
}

json::object plugin_definitions(const PluginKeys& plugins) {
  json::object definitions;
  for (const PluginKey& plugin : plugins.entries()) {
    json::value schema = plugin.schema.empty() ? json::value(true) : parse(plugin.schema);
    move_references(schema, "/$defs/" + plugin.id);
    allow_secret_files(schema);
    if (schema.is_object()) schema.get_object().erase("$schema");
    if (schema.is_object()) schema.get_object().erase("$id");
    definitions[plugin.id] = std::move(schema);
  }
  return definitions;
}

void print(std::string& out, const json::value& value, std::size_t indent) {
  const auto line = [&](std::size_t depth) { out += "\n" + std::string(2 * depth, ' '); };
  if (value.is_object() && !value.get_object().empty()) {
    out += '{';
    for (const json::key_value_pair& member : value.get_object()) {
      if (out.back() != '{') out += ',';
      line(indent + 1);
      out += json::serialize(json::value(member.key())) + ": ";
      print(out, member.value(), indent + 1);
    }
    line(indent);
    out += '}';
  } else if (value.is_array() && !value.get_array().empty() &&
             value.get_array().front().is_structured()) {
    out += '[';
    for (const json::value& item : value.get_array()) {
      if (out.back() != '[') out += ',';
      line(indent + 1);
      print(out, item, indent + 1);
    }
    line(indent);
    out += ']';
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string write_schema(const PluginKeys& plugins) {
  json::object schema;
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "Headgate configuration";
  SchemaWriter writer(plugins, schema);
  Config config;
  describe(writer, config);
  writer.close();
  schema["$defs"] = plugin_definitions(plugins);
  std::string out;
  print(out, schema, 0);
  out += '\n';
  return out;
}

}  // namespace headgate::config
