#include "media.hpp"

#include <headgate/llm/json_writer.hpp>

#include <array>

namespace headgate_gemini {
namespace {

using hg::JsonView;
using hg::llm::JsonWriter;
using hg::llm::Part;
using hg::llm::PartKind;

void append_inline(std::string& parts, std::string_view media_type, std::string_view base64) {
  std::string part;
  JsonWriter json(part);
  json.open('{').key("inlineData").open('{');
  json.key("mimeType").quoted(media_type);
  json.key("data").quoted(base64);
  json.close('}').close('}');
  append_part(parts, part);
}

void append_uri(std::string& parts, std::string_view media_type, std::string_view uri) {
  std::string part;
  JsonWriter json(part);
  json.open('{').key("fileData").open('{');
  if (!media_type.empty()) json.key("mimeType").quoted(media_type);
  json.key("fileUri").quoted(uri);
  json.close('}').close('}');
  append_part(parts, part);
}

bool begins_with(std::string_view text, std::string_view begin) {
  return text.substr(0, begin.size()) == begin;
}

// What the end of a URL's path says; empty where it says nothing that Gemini reads as a picture.
std::string_view picture_type(std::string_view url) {
  struct Ending {
    std::string_view name;
    std::string_view media_type;
  };
  static constexpr std::array<Ending, 6> kEndings = {{{"png", "image/png"},
                                                      {"jpg", "image/jpeg"},
                                                      {"jpeg", "image/jpeg"},
                                                      {"webp", "image/webp"},
                                                      {"heic", "image/heic"},
                                                      {"heif", "image/heif"}}};
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t dot = url.rfind('.');
  if (dot == std::string_view::npos) return {};
  std::string ending(url.substr(dot + 1));
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  for (const Ending& known : kEndings) {
    if (known.name == ending) return known.media_type;
  }
  return {};
}

std::optional<Refusal> append_data(std::string_view url, const std::string& place,
                                   std::string& parts) {
  const auto data = hg::llm::parse_data_url(url);
  if (!data || data->media_type.empty()) {
    return Refusal{place, "must be a data: URL with a media type and base64"};
  }
  append_inline(parts, data->media_type, data->base64);
  return std::nullopt;
}

// Google fetches it; the gateway does not.
std::optional<Refusal> append_picture(std::string_view url, const std::string& place,
                                      std::string& parts) {
  if (is_google_file(url)) {
    append_uri(parts, "", url);
    return std::nullopt;
  }
  if (!begins_with(url, "https://")) return append_data(url, place, parts);
  const std::string_view media_type = picture_type(url);
  if (media_type.empty()) {
    return Refusal{place,
                   "does not end like a picture that Gemini can fetch (.png, .jpg, .webp); "
                   "send it as a data: URL"};
  }
  append_uri(parts, media_type, url);
  return std::nullopt;
}

std::optional<Refusal> append_file(const JsonView& file, const std::string& place,
                                   std::string& parts) {
  if (const auto data = file["file_data"].text()) {
    return append_data(*data, place + ".file_data", parts);
  }
  const auto id = file["file_id"].text();
  if (!id || !is_google_file(*id)) {
    return Refusal{place, "names a file that Gemini does not have; send its bytes as file_data"};
  }
  append_uri(parts, file["format"].text().value_or(""), *id);
  return std::nullopt;
}

}  // namespace

// Files that were uploaded to Google have such names.
bool is_google_file(std::string_view uri) {
  return begins_with(uri, "https://generativelanguage.googleapis.com/");
}

void append_part(std::string& parts, std::string_view part) {
  if (!parts.empty()) parts += ',';
  parts += part;
}

std::optional<Refusal> append_media(const Part& part, const std::string& place,
                                    std::string& parts) {
  if (part.kind == PartKind::image) {
    const auto url = part.body["url"].text();
    if (!url) return Refusal{place + ".image_url.url", "is missing"};
    return append_picture(*url, place + ".image_url.url", parts);
  }
  if (part.kind == PartKind::audio) {
    const auto data = part.body["data"].text();
    if (!data) return Refusal{place + ".input_audio.data", "is missing"};
    append_inline(parts, "audio/" + part.body["format"].text().value_or("wav"), *data);
    return std::nullopt;
  }
  if (part.kind == PartKind::file) return append_file(part.body, place + ".file", parts);
  return Refusal{place + ".type", "is not a kind of part that can be sent to Gemini"};
}

}  // namespace headgate_gemini
