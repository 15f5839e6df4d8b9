/*
 * A policy in plain C: marks what goes to the provider with a header, and refuses prompts beyond a
 * size.
 *
 *   requestTag: {value: team-a, maxPromptBytes: 20000}
 *
 * It uses the C headers directly, so it shows what a table is and who owns what.
 */
#include <headgate/abi.h>
#include <headgate/json.h>
#include <headgate/message.h>
#include <headgate/policy.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) {(literal), sizeof(literal) - 1}

/* Fetched once, when the library is loaded. */
static const hg_message_ext* message_ext;
static const hg_json_ext* json_ext;

/* One configured use. Not changed after create, so all workers may read it. */
typedef struct tag {
  char value[64];
  size_t value_length;
  size_t prompt_bytes_max; /* 0: no limit */
} tag;

/* The text behind "name": in a flat JSON object, up to the next ',' or '}'. The schema below admits
 * no value in which these could stand. */
static hg_str member(hg_str json, const char* quoted_name) {
  const size_t length = strlen(quoted_name);
  hg_str found = {NULL, 0};
  size_t i;
  for (i = 0; i + length < json.len; ++i) {
    if (memcmp(json.ptr + i, quoted_name, length) != 0) continue;
    i += length;
    while (i < json.len && (json.ptr[i] == ':' || json.ptr[i] == ' ')) ++i;
    found.ptr = json.ptr + i;
    while (i < json.len && json.ptr[i] != ',' && json.ptr[i] != '}') ++i;
    found.len = (size_t)(json.ptr + i - found.ptr);
    break;
  }
  return found;
}

static int32_t create(const hg_host* host, const hg_create* in, void** instance, hg_error* error) {
  static const hg_str kNoValue = TEXT("needs a value of 1 to 63 letters, digits, '-' or '_'");
  static const hg_str kPointer = TEXT("/value");
  const hg_str value = member(in->config, "\"value\"");
  const hg_str limit = member(in->config, "\"maxPromptBytes\"");
  size_t i;
  tag* made;

  if (value.len < 3 || value.len - 2 >= sizeof made->value || value.ptr[0] != '"') {
    host->fail(error, kPointer, kNoValue);
    return 1;
  }
  made = calloc(1, sizeof *made);
  if (made == NULL) return 1;
  made->value_length = value.len - 2;
  memcpy(made->value, value.ptr + 1, made->value_length);
  for (i = 0; i < limit.len && limit.ptr[i] >= '0' && limit.ptr[i] <= '9'; ++i)
    made->prompt_bytes_max = made->prompt_bytes_max * 10 + (size_t)(limit.ptr[i] - '0');
  *instance = made;
  return 0;
}

static void destroy(void* instance) {
  free(instance);
}

static int32_t on_request(void* instance, void* context, hg_call* call) {
  static const hg_str kMessages = TEXT("/messages");
  static const hg_str kCode = TEXT("prompt_too_large");
  static const hg_str kMessage = TEXT("The prompt is larger than this gateway allows");
  const tag* self = instance;
  hg_str messages = {NULL, 0};
  (void)context;

  if (self->prompt_bytes_max == 0) return HG_CONTINUE;
  if (json_ext->get(call, HG_REQUEST, kMessages, &messages) != HG_OK) return HG_CONTINUE;
  if (messages.len <= self->prompt_bytes_max) return HG_CONTINUE;
  if (message_ext->respond_error(call, 413, kCode, kMessage) != HG_OK) return HG_ABORT;
  return HG_STOP;
}

static int32_t on_attempt(void* instance, void* context, hg_call* call) {
  static const hg_str kHeader = TEXT("x-request-tag");
  const tag* self = instance;
  hg_str value;
  (void)context;

  value.ptr = self->value;
  value.len = self->value_length;
  return message_ext->header_set(call, HG_UPSTREAM, kHeader, value) == HG_OK ? HG_CONTINUE
                                                                             : HG_ABORT;
}

static const hg_instance_api kInstance = {
    HG_END_OF(hg_instance_api, on_background), 0, create, destroy, NULL, NULL, NULL};

/* By name: what the table gains later is NULL. */
static const hg_policy_api kPolicy = {
    .size = HG_END_OF(hg_policy_api, close), .on_request = on_request, .on_attempt = on_attempt};

static const hg_plugin kPlugin = {
    HG_END_OF(hg_plugin, api), HG_KIND_POLICY,
    TEXT("{\"id\":\"com.example.policy.request-tag\",\"kind\":\"policy\",\"key\":\"requestTag\","
         "\"version\":\"1.0.0\",\"summary\":\"Marks requests and bounds their prompts\","
         "\"stage\":\"limit\",\"phases\":[\"request\",\"attempt\"],\"body\":\"none\","
         "\"levels\":[\"listener\",\"route\",\"backend\"],"
         "\"schema\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"value\"],"
         "\"properties\":{"
         "\"value\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_-]{1,63}$\"},"
         "\"maxPromptBytes\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000000000}}}}"),
    &kInstance, &kPolicy};

static const hg_plugin* const kPlugins[] = {&kPlugin};

static const hg_module kModule = {HG_END_OF(hg_module, plugins), HG_ABI_MAJOR, HG_ABI_MINOR, 1,
                                  kPlugins};

const hg_module* hg_module_v0(const hg_host* host) {
  static const hg_str kMessageId = TEXT(HG_EXT_MESSAGE);
  static const hg_str kJsonId = TEXT(HG_EXT_JSON);
  if (host->abi_minor != HG_ABI_MINOR) return NULL;
  message_ext = host->extension(host, kMessageId);
  json_ext = host->extension(host, kJsonId);
  if (message_ext == NULL || !HG_HAS(message_ext, hg_message_ext, respond_error)) return NULL;
  if (json_ext == NULL || !HG_HAS(json_ext, hg_json_ext, get)) return NULL;
  return &kModule;
}
