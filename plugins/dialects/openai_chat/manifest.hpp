#pragma once
// What the openai.chat dialect says about itself.

#include <string_view>

namespace headgate_openai_chat {

inline constexpr std::string_view kManifest = R"({
  "id": "openai.chat",
  "kind": "dialect",
  "version": "0.1.0",
  "summary": "OpenAI's chat completions and embeddings, also the neutral form",
  "neutral": true,
  "routes": [
    {"method": "POST", "path": "/v1/chat/completions", "operation": "chat", "body": "json",
     "type": "completions"},
    {"method": "POST", "path": "/v1/embeddings", "operation": "embeddings", "body": "json",
     "type": "embeddings"},
    {"method": "GET", "path": "/v1/models", "operation": "models", "body": "none",
     "answered": true, "type": "models"},
    {"method": "GET", "path": "/v1/models/{model}", "operation": "model", "body": "none",
     "answered": true}
  ],
  "model": "/model",
  "stream": "/stream",
  "maxTokens": ["/max_completion_tokens", "/max_tokens"],
  "storedIds": ["/messages/*/content/*/file/file_id", "/messages/*/audio/id"],
  "events": {"framing": "sse", "end": "data: [DONE]\n\n"},
  "credential": [
    {"header": "authorization", "prefix": "Bearer "}, {"header": "api-key"}, {"header": "x-api-key"}
  ]
})";

}  // namespace headgate_openai_chat
