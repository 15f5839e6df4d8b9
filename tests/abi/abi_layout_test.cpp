// The layout of every struct of the plugin ABI, written down: a field that moves breaks every
// plugin that is built already, and nothing else would notice. While the major is 0 a change here
// goes with a new minor; from v1 on fields are only ever appended, and only the line of the size
// and new lines may change. Kept by hand; abi_symbols_test.cpp looks after the exports.

#include <gtest/gtest.h>
#include <headgate/abi.h>
#include <headgate/async.h>
#include <headgate/credential.h>
#include <headgate/crypto.h>
#include <headgate/dialect.h>
#include <headgate/endpoints.h>
#include <headgate/json.h>
#include <headgate/llm.h>
#include <headgate/message.h>
#include <headgate/metrics.h>
#include <headgate/policy.h>
#include <headgate/provider.h>
#include <headgate/shared.h>
#include <headgate/stream.h>

#include <cstddef>

#define HG_SIZE(type, bytes) static_assert(sizeof(type) == (bytes), #type " changed its size")
#define HG_AT(type, field, bytes) \
  static_assert(offsetof(type, field) == (bytes), #type "." #field " moved")

static_assert(sizeof(void*) == 8, "these are the layouts of 64-bit platforms");
static_assert(HG_ABI_MAJOR == 0 && HG_ABI_MINOR == 1);

// abi.h
HG_SIZE(hg_str, 16);
HG_AT(hg_str, ptr, 0);
HG_AT(hg_str, len, 8);
HG_SIZE(hg_host, 48);
HG_AT(hg_host, size, 0);
HG_AT(hg_host, abi_minor, 4);
HG_AT(hg_host, version, 8);
HG_AT(hg_host, extension, 24);
HG_AT(hg_host, log, 32);
HG_AT(hg_host, fail, 40);
HG_SIZE(hg_create, 64);
HG_AT(hg_create, size, 0);
HG_AT(hg_create, reserved, 4);
HG_AT(hg_create, config, 8);
HG_AT(hg_create, place, 24);
HG_AT(hg_create, name, 40);
HG_AT(hg_create, instance, 56);
HG_SIZE(hg_instance_api, 48);
HG_AT(hg_instance_api, size, 0);
HG_AT(hg_instance_api, reserved, 4);
HG_AT(hg_instance_api, create, 8);
HG_AT(hg_instance_api, destroy, 16);
HG_AT(hg_instance_api, worker_create, 24);
HG_AT(hg_instance_api, worker_destroy, 32);
HG_AT(hg_instance_api, on_background, 40);
HG_SIZE(hg_plugin, 40);
HG_AT(hg_plugin, size, 0);
HG_AT(hg_plugin, kind, 4);
HG_AT(hg_plugin, manifest, 8);
HG_AT(hg_plugin, instance, 24);
HG_AT(hg_plugin, api, 32);
HG_SIZE(hg_module, 24);
HG_AT(hg_module, size, 0);
HG_AT(hg_module, abi_major, 4);
HG_AT(hg_module, abi_minor, 8);
HG_AT(hg_module, plugin_count, 12);
HG_AT(hg_module, plugins, 16);

// credential.h
HG_SIZE(hg_credential, 64);
HG_AT(hg_credential, size, 0);
HG_AT(hg_credential, kind, 4);
HG_AT(hg_credential, value, 8);
HG_AT(hg_credential, place, 24);
HG_AT(hg_credential, reserved, 28);
HG_AT(hg_credential, name, 32);
HG_AT(hg_credential, prefix, 48);
HG_SIZE(hg_credential_ext, 32);
HG_AT(hg_credential_ext, size, 0);
HG_AT(hg_credential_ext, reserved, 4);
HG_AT(hg_credential_ext, set, 8);
HG_AT(hg_credential_ext, consume, 16);
HG_AT(hg_credential_ext, place, 24);

// crypto.h
HG_SIZE(hg_crypto_ext, 40);
HG_AT(hg_crypto_ext, size, 0);
HG_AT(hg_crypto_ext, reserved, 4);
HG_AT(hg_crypto_ext, sha256, 8);
HG_AT(hg_crypto_ext, hmac_sha256, 16);
HG_AT(hg_crypto_ext, equal, 24);
HG_AT(hg_crypto_ext, random, 32);

// endpoints.h
HG_SIZE(hg_eviction, 40);
HG_AT(hg_eviction, size, 0);
HG_AT(hg_eviction, scope, 4);
HG_AT(hg_eviction, endpoint, 8);
HG_AT(hg_eviction, milliseconds, 16);
HG_AT(hg_eviction, max_percent, 24);
HG_AT(hg_eviction, cause, 28);
HG_AT(hg_eviction, restore_health, 32);

HG_SIZE(hg_metrics_ext, 32);
HG_AT(hg_metrics_ext, size, 0);
HG_AT(hg_metrics_ext, reserved, 4);
HG_AT(hg_metrics_ext, series, 8);
HG_AT(hg_metrics_ext, add, 16);
HG_AT(hg_metrics_ext, observe, 24);
HG_SIZE(hg_bucket, 32);
HG_AT(hg_bucket, size, 0);
HG_AT(hg_bucket, reserved, 4);
HG_AT(hg_bucket, capacity, 8);
HG_AT(hg_bucket, refill, 16);
HG_AT(hg_bucket, period, 24);
HG_SIZE(hg_shared_ext, 40);
HG_AT(hg_shared_ext, size, 0);
HG_AT(hg_shared_ext, reserved, 4);
HG_AT(hg_shared_ext, counter, 8);
HG_AT(hg_shared_ext, bucket, 16);
HG_AT(hg_shared_ext, add, 24);
HG_AT(hg_shared_ext, take, 32);
HG_SIZE(hg_endpoints_ext, 32);
HG_AT(hg_endpoints_ext, size, 0);
HG_AT(hg_endpoints_ext, reserved, 4);
HG_AT(hg_endpoints_ext, evict, 8);
HG_AT(hg_endpoints_ext, restore, 16);
HG_AT(hg_endpoints_ext, evict_for, 24);

// async.h
HG_SIZE(hg_http_header, 32);
HG_AT(hg_http_header, name, 0);
HG_AT(hg_http_header, value, 16);
HG_SIZE(hg_http_request, 96);
HG_AT(hg_http_request, size, 0);
HG_AT(hg_http_request, header_count, 4);
HG_AT(hg_http_request, upstream, 8);
HG_AT(hg_http_request, method, 24);
HG_AT(hg_http_request, target, 40);
HG_AT(hg_http_request, headers, 56);
HG_AT(hg_http_request, body, 64);
HG_AT(hg_http_request, timeout, 80);
HG_AT(hg_http_request, answer_bytes_max, 88);
HG_SIZE(hg_http_answer, 64);
HG_AT(hg_http_answer, size, 0);
HG_AT(hg_http_answer, result, 4);
HG_AT(hg_http_answer, id, 8);
HG_AT(hg_http_answer, status, 16);
HG_AT(hg_http_answer, header_count, 20);
HG_AT(hg_http_answer, headers, 24);
HG_AT(hg_http_answer, body, 32);
HG_AT(hg_http_answer, error, 48);
HG_SIZE(hg_async_ext, 48);
HG_AT(hg_async_ext, size, 0);
HG_AT(hg_async_ext, reserved, 4);
HG_AT(hg_async_ext, timer, 8);
HG_AT(hg_async_ext, waker, 16);
HG_AT(hg_async_ext, wake, 24);
HG_AT(hg_async_ext, http, 32);
HG_AT(hg_async_ext, http_answer, 40);

// json.h
HG_SIZE(hg_json_ext, 56);
HG_AT(hg_json_ext, size, 0);
HG_AT(hg_json_ext, reserved, 4);
HG_AT(hg_json_ext, get, 8);
HG_AT(hg_json_ext, set, 16);
HG_AT(hg_json_ext, remove, 24);
HG_AT(hg_json_ext, text, 32);
HG_AT(hg_json_ext, quote, 40);
HG_AT(hg_json_ext, holds_reserved, 48);

// llm.h
HG_SIZE(hg_facets, 80);
HG_AT(hg_facets, size, 0);
HG_AT(hg_facets, stream, 4);
HG_AT(hg_facets, dialect, 8);
HG_AT(hg_facets, operation, 24);
HG_AT(hg_facets, model, 40);
HG_AT(hg_facets, client_model, 56);
HG_AT(hg_facets, max_tokens, 72);
HG_SIZE(hg_usage, 48);
HG_AT(hg_usage, size, 0);
HG_AT(hg_usage, reserved, 4);
HG_AT(hg_usage, input, 8);
HG_AT(hg_usage, output, 16);
HG_AT(hg_usage, cache_read, 24);
HG_AT(hg_usage, cache_write, 32);
HG_AT(hg_usage, reasoning, 40);
HG_SIZE(hg_llm_ext, 40);
HG_AT(hg_llm_ext, size, 0);
HG_AT(hg_llm_ext, reserved, 4);
HG_AT(hg_llm_ext, facets, 8);
HG_AT(hg_llm_ext, set_model, 16);
HG_AT(hg_llm_ext, report_usage, 24);
HG_AT(hg_llm_ext, model_at, 32);

// message.h
HG_SIZE(hg_message_ext, 160);
HG_AT(hg_message_ext, size, 0);
HG_AT(hg_message_ext, reserved, 4);
HG_AT(hg_message_ext, method, 8);
HG_AT(hg_message_ext, target, 16);
HG_AT(hg_message_ext, set_line, 24);
HG_AT(hg_message_ext, status, 32);
HG_AT(hg_message_ext, header_at, 40);
HG_AT(hg_message_ext, header_get, 48);
HG_AT(hg_message_ext, header_set, 56);
HG_AT(hg_message_ext, header_add, 64);
HG_AT(hg_message_ext, header_remove, 72);
HG_AT(hg_message_ext, body, 80);
HG_AT(hg_message_ext, set_body, 88);
HG_AT(hg_message_ext, give_body, 96);
HG_AT(hg_message_ext, share_body, 104);
HG_AT(hg_message_ext, attribute_get, 112);
HG_AT(hg_message_ext, attribute_set, 120);
HG_AT(hg_message_ext, allocate, 128);
HG_AT(hg_message_ext, respond_error, 136);
HG_AT(hg_message_ext, respond, 144);
HG_AT(hg_message_ext, respond_error_at, 152);

// stream.h
HG_SIZE(hg_stream_ext, 16);
HG_AT(hg_stream_ext, size, 0);
HG_AT(hg_stream_ext, reserved, 4);
HG_AT(hg_stream_ext, emit, 8);

// provider.h
HG_SIZE(hg_target, 64);
HG_AT(hg_target, size, 0);
HG_AT(hg_target, port, 4);
HG_AT(hg_target, host, 8);
HG_AT(hg_target, tls, 24);
HG_AT(hg_target, host_required, 28);
HG_AT(hg_target, base_path, 32);
HG_AT(hg_target, model, 48);
HG_SIZE(hg_build, 112);
HG_AT(hg_build, size, 0);
HG_AT(hg_build, stream, 4);
HG_AT(hg_build, neutral, 8);
HG_AT(hg_build, reserved, 12);
HG_AT(hg_build, operation, 16);
HG_AT(hg_build, dialect, 32);
HG_AT(hg_build, model, 48);
HG_AT(hg_build, base_path, 64);
HG_AT(hg_build, path, 80);
HG_AT(hg_build, max_tokens, 96);
HG_AT(hg_build, prefill, 104);
HG_AT(hg_build, own_host, 108);
HG_SIZE(hg_head, 24);
HG_AT(hg_head, size, 0);
HG_AT(hg_head, status, 4);
HG_AT(hg_head, content_type, 8);
HG_SIZE(hg_plan, 32);
HG_AT(hg_plan, size, 0);
HG_AT(hg_plan, framing, 4);
HG_AT(hg_plan, want_body, 8);
HG_AT(hg_plan, literal_count, 12);
HG_AT(hg_plan, literals, 16);
HG_AT(hg_plan, passes, 24);
HG_AT(hg_plan, reserved, 28);
HG_SIZE(hg_event, 40);
HG_AT(hg_event, size, 0);
HG_AT(hg_event, committed, 4);
HG_AT(hg_event, type, 8);
HG_AT(hg_event, data, 24);
HG_SIZE(hg_failure, 40);
HG_AT(hg_failure, size, 0);
HG_AT(hg_failure, kind, 4);
HG_AT(hg_failure, status, 8);
HG_AT(hg_failure, reserved, 12);
HG_AT(hg_failure, body, 16);
HG_AT(hg_failure, retry_after, 32);
HG_SIZE(hg_verdict, 64);
HG_AT(hg_verdict, size, 0);
HG_AT(hg_verdict, next, 4);
HG_AT(hg_verdict, exclude, 8);
HG_AT(hg_verdict, health, 12);
HG_AT(hg_verdict, scope, 16);
HG_AT(hg_verdict, status, 20);
HG_AT(hg_verdict, retry_after, 24);
HG_AT(hg_verdict, code, 32);
HG_AT(hg_verdict, message, 48);
HG_SIZE(hg_provider_api, 112);
HG_AT(hg_provider_api, size, 0);
HG_AT(hg_provider_api, reserved, 4);
HG_AT(hg_provider_api, target, 8);
HG_AT(hg_provider_api, open, 16);
HG_AT(hg_provider_api, build, 24);
HG_AT(hg_provider_api, sign, 32);
HG_AT(hg_provider_api, on_head, 40);
HG_AT(hg_provider_api, on_body, 48);
HG_AT(hg_provider_api, on_event, 56);
HG_AT(hg_provider_api, on_end, 64);
HG_AT(hg_provider_api, on_async, 72);
HG_AT(hg_provider_api, classify, 80);
HG_AT(hg_provider_api, close, 88);
HG_AT(hg_provider_api, prefills, 96);
HG_AT(hg_provider_api, on_tail, 104);

// policy.h
HG_SIZE(hg_outcome, 80);
HG_AT(hg_outcome, size, 0);
HG_AT(hg_outcome, health, 4);
HG_AT(hg_outcome, endpoint, 8);
HG_AT(hg_outcome, endpoint_name, 16);
HG_AT(hg_outcome, status, 32);
HG_AT(hg_outcome, scope, 36);
HG_AT(hg_outcome, retry_after, 40);
HG_AT(hg_outcome, consecutive_failures, 48);
HG_AT(hg_outcome, evictions_in_row, 52);
HG_AT(hg_outcome, health_score, 56);
HG_AT(hg_outcome, code, 64);
HG_SIZE(hg_completion, 48);
HG_AT(hg_completion, size, 0);
HG_AT(hg_completion, status, 4);
HG_AT(hg_completion, attempts, 8);
HG_AT(hg_completion, cancelled, 12);
HG_AT(hg_completion, endpoint_name, 16);
HG_AT(hg_completion, duration_us, 32);
HG_AT(hg_completion, usage, 40);
HG_SIZE(hg_probe, 80);
HG_AT(hg_probe, size, 0);
HG_AT(hg_probe, status_count, 4);
HG_AT(hg_probe, statuses, 8);
HG_AT(hg_probe, method, 16);
HG_AT(hg_probe, path, 32);
HG_AT(hg_probe, body, 48);
HG_AT(hg_probe, interval, 64);
HG_AT(hg_probe, timeout, 72);
HG_SIZE(hg_policy_api, 96);
HG_AT(hg_policy_api, size, 0);
HG_AT(hg_policy_api, reserved, 4);
HG_AT(hg_policy_api, open, 8);
HG_AT(hg_policy_api, on_request, 16);
HG_AT(hg_policy_api, on_attempt, 24);
HG_AT(hg_policy_api, on_outcome, 32);
HG_AT(hg_policy_api, on_response, 40);
HG_AT(hg_policy_api, on_event, 48);
HG_AT(hg_policy_api, on_complete, 56);
HG_AT(hg_policy_api, on_async, 64);
HG_AT(hg_policy_api, close, 72);
HG_AT(hg_policy_api, judge, 80);
HG_AT(hg_policy_api, probe, 88);

// dialect.h
HG_SIZE(hg_client_error, 64);
HG_AT(hg_client_error, size, 0);
HG_AT(hg_client_error, status, 4);
HG_AT(hg_client_error, code, 8);
HG_AT(hg_client_error, message, 24);
HG_AT(hg_client_error, fault, 40);
HG_AT(hg_client_error, event, 44);
HG_AT(hg_client_error, member, 48);
HG_SIZE(hg_prefill, 32);
HG_AT(hg_prefill, size, 0);
HG_AT(hg_prefill, reserved, 4);
HG_AT(hg_prefill, text, 8);
HG_AT(hg_prefill, tokens, 24);
HG_SIZE(hg_joined, 80);
HG_AT(hg_joined, size, 0);
HG_AT(hg_joined, replaces, 4);
HG_AT(hg_joined, data, 8);
HG_AT(hg_joined, text, 24);
HG_AT(hg_joined, first, 40);
HG_AT(hg_joined, usage, 56);
HG_AT(hg_joined, text_before, 64);
HG_AT(hg_joined, other_first, 72);
HG_AT(hg_joined, reserved, 76);
HG_SIZE(hg_dialect_api, 104);
HG_AT(hg_dialect_api, size, 0);
HG_AT(hg_dialect_api, reserved, 4);
HG_AT(hg_dialect_api, open, 8);
HG_AT(hg_dialect_api, to_neutral, 16);
HG_AT(hg_dialect_api, from_neutral_body, 24);
HG_AT(hg_dialect_api, from_neutral_event, 32);
HG_AT(hg_dialect_api, error, 40);
HG_AT(hg_dialect_api, answer, 48);
HG_AT(hg_dialect_api, close, 56);
HG_AT(hg_dialect_api, repeatable, 64);
HG_AT(hg_dialect_api, continuable, 72);
HG_AT(hg_dialect_api, said, 80);
HG_AT(hg_dialect_api, prefill, 88);
HG_AT(hg_dialect_api, join, 96);

namespace {

// `size` counts up to the end of the last field: tail padding is not part of it.
TEST(AbiLayout, SizeEndsWithTheLastFieldAndNotWithPadding) {
  struct Padded {
    std::uint32_t size;
    std::uint32_t other;
    std::uint64_t large;
    std::uint32_t last;
  };
  static_assert(sizeof(Padded) == 24);
  EXPECT_EQ(HG_END_OF(Padded, last), 20u);
  Padded padded{};
  padded.size = HG_END_OF(Padded, large);
  EXPECT_TRUE(HG_HAS(&padded, Padded, large));
  EXPECT_FALSE(HG_HAS(&padded, Padded, last));
}

}  // namespace
