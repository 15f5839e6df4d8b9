#pragma once
// What the Gemini provider says about itself.

#include <string_view>

namespace headgate_gemini {

inline constexpr std::string_view kManifest = R"({
  "id": "headgate.provider.gemini",
  "kind": "provider",
  "key": "gemini",
  "version": "0.1.0",
  "summary": "Google Gemini through its native API, generateContent",
  "accepts": [],
  "operations": ["chat"],
  "passThrough": ["/v1beta/models", "/v1beta/models/{model}", "/v1beta/models/{model}:...",
    "/v1beta/models/{model}/...", "/v1beta/files", "/v1beta/files/...",
    "/v1beta/cachedContents", "/v1beta/cachedContents/..."],
  "storedPaths": ["/v1beta/files", "/v1beta/files/...", "/v1beta/cachedContents",
    "/v1beta/cachedContents/..."],
  "passThroughStoredIds": ["/cachedContent", "/cached_content",
    "/contents/*/parts/*/fileData/fileUri", "/contents/*/parts/*/file_data/file_uri"],
  "ownIds": ["https://generativelanguage.googleapis.com/", "cachedContents/"],
  "credential": {"header": "x-goog-api-key"},
  "forwardHeaders": ["x-goog-api-client", "x-goog-user-project"],
  "schema": {
  "type" : "object", "additionalProperties" : false, "properties" : {
    "model" : {
      "type" : "string",
      "minLength" : 1,
      "description" : "Every chat request is sent to this model, whatever the client asked for"
    },
    "prefill" : {
      "type" : "boolean",
      "default" : false,
      "description" : "Models that do not think go on from a last turn of their own, which stream.onCut: continue makes use of. They do in practice; Google does not promise it"
    }
  }
}
})";

}  // namespace headgate_gemini
