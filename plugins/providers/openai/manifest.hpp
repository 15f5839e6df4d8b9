#pragma once
// What the OpenAI provider says about itself.

#include <string_view>

namespace headgate_openai {

inline constexpr std::string_view kManifest = R"({
  "id": "headgate.provider.openai",
  "kind": "provider",
  "key": "openAI",
  "version": "0.1.0",
  "summary": "OpenAI, and every server that speaks its chat completions or embeddings",
  "accepts": ["openai.chat"],
  "operations": ["chat", "embeddings"],
  "modelFor": ["chat"],
  "passThrough": [
    "/v1/models", "/v1/models/{model}", "/v1/models/...", "/v1/completions", "/v1/moderations", "/v1/chat/completions/...",
    "/v1/responses", "/v1/responses/...", "/v1/conversations", "/v1/conversations/...",
    "/v1/images/...", "/v1/audio/...", "/v1/videos", "/v1/videos/...",
    "/v1/files", "/v1/files/...", "/v1/uploads", "/v1/uploads/...",
    "/v1/batches", "/v1/batches/...", "/v1/fine_tuning/...",
    "/v1/vector_stores", "/v1/vector_stores/...", "/v1/containers", "/v1/containers/..."
  ],
  "passThroughModel": "/model",
  "storedPaths": [
    "/v1/chat/completions/...", "/v1/responses/...", "/v1/conversations", "/v1/conversations/...",
    "/v1/videos", "/v1/videos/...", "/v1/files", "/v1/files/...", "/v1/uploads", "/v1/uploads/...",
    "/v1/batches", "/v1/batches/...", "/v1/fine_tuning/...",
    "/v1/vector_stores", "/v1/vector_stores/...", "/v1/containers", "/v1/containers/..."
  ],
  "passThroughStoredIds": [
    "/previous_response_id", "/conversation", "/conversation/id", "/prompt/id", "/input/*/file_id",
    "/input/*/content/*/file_id", "/tools/*/vector_store_ids", "/tools/*/container"
  ],
  "credential": {"header": "authorization", "prefix": "Bearer "},
  "forwardHeaders": ["openai-*", "x-stainless-*", "x-client-request-id"],
  "limits": [
    {"remaining": "x-ratelimit-remaining-requests", "reset": "x-ratelimit-reset-requests"},
    {"remaining": "x-ratelimit-remaining-tokens", "reset": "x-ratelimit-reset-tokens"},
    {"remaining": "x-ratelimit-remaining-project-tokens", "reset": "x-ratelimit-reset-project-tokens"},
    {"remaining": "x-ratelimit-remaining", "reset": "x-ratelimit-reset"}
  ],
  "schema": {
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "model": {
        "type": "string", "minLength": 1,
        "description": "Every chat request is sent with this model, whatever the client asked for"
      },
      "prefill": {
        "enum": ["none", "message", "prefix", "continueFinalMessage"],
        "default": "none",
        "description": "How this server is told to go on from a last message of the assistant's, which stream.onCut: continue makes use of. 'none': it cannot, as OpenAI itself. 'message': by that message alone, as llama.cpp. 'prefix': by prefix: true in it, as DeepSeek and Mistral. 'continueFinalMessage': by continue_final_message, as vLLM and SGLang"
      },
      "moderation": {
        "type": "object",
        "description": "Not supported yet"
      }
    }
  }
})";

}  // namespace headgate_openai
