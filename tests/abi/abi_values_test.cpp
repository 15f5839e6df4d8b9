// The numbers and the names that plugins are built with, written down: what changes one of them
// changes what every built plugin means. New ones are added at the end.

#include <gtest/gtest.h>
#include <headgate/abi.h>
#include <headgate/async.h>
#include <headgate/credential.h>
#include <headgate/crypto.h>
#include <headgate/endpoints.h>
#include <headgate/json.h>
#include <headgate/llm.h>
#include <headgate/message.h>
#include <headgate/metrics.h>
#include <headgate/provider.h>
#include <headgate/shared.h>
#include <headgate/stream.h>

// abi.h
static_assert(HG_OK == 0);
static_assert(HG_NOT_FOUND == -1);
static_assert(HG_INVALID == -2);
static_assert(HG_DENIED == -3);
static_assert(HG_LIMIT == -4);
static_assert(HG_GONE == -5);
static_assert(HG_CONTINUE == 0);
static_assert(HG_STOP == 1);
static_assert(HG_REPLACED == 2);
static_assert(HG_ABORT == 3);
static_assert(HG_PAUSE == 4);
static_assert(HG_LOG_DEBUG == 1);
static_assert(HG_LOG_INFO == 2);
static_assert(HG_LOG_WARN == 3);
static_assert(HG_LOG_ERROR == 4);
static_assert(HG_KIND_PROVIDER == 1);
static_assert(HG_KIND_POLICY == 2);
static_assert(HG_KIND_DIALECT == 3);

// async.h
static_assert(HG_ASYNC_TIMER == 1);
static_assert(HG_ASYNC_WAKE == 2);
static_assert(HG_ASYNC_DEADLINE == 3);
static_assert(HG_ASYNC_HTTP == 4);
static_assert(HG_ASYNC_BEGIN == 5);
static_assert(HG_HTTP_ANSWERED == 0);
static_assert(HG_HTTP_CONNECT == 1);
static_assert(HG_HTTP_TIMEOUT == 2);
static_assert(HG_HTTP_TOO_LARGE == 3);
static_assert(HG_HTTP_BROKEN == 4);

// credential.h
static_assert(HG_CREDENTIAL_NONE == 0);
static_assert(HG_CREDENTIAL_KEY == 1);
static_assert(HG_CREDENTIAL_CLIENT == 2);
static_assert(HG_CREDENTIAL_CLOUD == 3);
static_assert(HG_PLACE_DEFAULT == 0);
static_assert(HG_PLACE_HEADER == 1);
static_assert(HG_PLACE_QUERY == 2);
static_assert(HG_PLACE_COOKIE == 3);

// endpoints.h
static_assert(HG_SCOPE_NONE == 0);
static_assert(HG_SCOPE_ENDPOINT == 1);
static_assert(HG_SCOPE_KEY == 2);
static_assert(HG_SCOPE_MODEL == 3);
static_assert(HG_SCOPE_KEY_MODEL == 4);

// message.h
static_assert(HG_REQUEST == 0);
static_assert(HG_UPSTREAM == 1);
static_assert(HG_RESPONSE == 2);

// provider.h
static_assert(HG_FRAMING_WHOLE == 0);
static_assert(HG_FRAMING_SSE == 1);
static_assert(HG_FRAMING_NDJSON == 2);
static_assert(HG_FRAMING_AWS == 3);
static_assert(HG_FRAMING_RAW == 4);
static_assert(HG_END_COMPLETE == 0);
static_assert(HG_END_CUT == 1);
static_assert(HG_FAILURE_STATUS == 1);
static_assert(HG_FAILURE_TRANSPORT == 2);
static_assert(HG_FAILURE_TIMEOUT == 3);
static_assert(HG_FAILURE_EVENT == 4);
static_assert(HG_FAILURE_BAD_ANSWER == 5);
static_assert(HG_NEXT_ELSEWHERE == 0);
static_assert(HG_NEXT_HERE == 1);
static_assert(HG_NEXT_WAIT == 2);
static_assert(HG_NEXT_NEVER == 3);
static_assert(HG_EXCLUDE_NOBODY == 0 && HG_EXCLUDE_ENDPOINT == 1 && HG_EXCLUDE_MODEL == 2);
static_assert(HG_HEALTH_FAILURE == 0);
static_assert(HG_HEALTH_NEUTRAL == 1);
static_assert(HG_HEALTH_SUCCESS == 2);

// endpoints.h
static_assert(HG_CAUSE_OTHER == 0);
static_assert(HG_CAUSE_FAILURES == 1);
static_assert(HG_CAUSE_HEALTH == 2);
static_assert(HG_CAUSE_RETRY_AFTER == 3);
static_assert(HG_CAUSE_KEY == 4);
static_assert(HG_CAUSE_MODEL == 5);
static_assert(HG_CAUSE_PROBE == 6);

// stream.h
static_assert(HG_EVENT_LIFECYCLE == 1);
static_assert(HG_EVENT_MEANINGFUL == 2);
static_assert(HG_EVENT_ERROR == 4);
static_assert(HG_EVENT_FINAL == 8);
static_assert(HG_EVENT_USAGE == 16);
static_assert(HG_EVENT_TOOL == 32);
static_assert(HG_EVENT_NOT_JSON == 64);
static_assert(HG_EVENT_END == 128);

namespace {

TEST(AbiValues, ExtensionsKeepTheirIds) {
  EXPECT_STREQ(HG_EXT_ASYNC, "hg.async/1");
  EXPECT_STREQ(HG_EXT_CREDENTIAL, "hg.credential/1");
  EXPECT_STREQ(HG_EXT_CRYPTO, "hg.crypto/1");
  EXPECT_STREQ(HG_EXT_ENDPOINTS, "hg.endpoints/1");
  EXPECT_STREQ(HG_EXT_JSON, "hg.json/1");
  EXPECT_STREQ(HG_EXT_LLM, "hg.llm/1");
  EXPECT_STREQ(HG_EXT_MESSAGE, "hg.message/1");
  EXPECT_STREQ(HG_EXT_METRICS, "hg.metrics/1");
  EXPECT_STREQ(HG_EXT_SHARED, "hg.shared/1");
  EXPECT_STREQ(HG_EXT_STREAM, "hg.stream/1");
}

TEST(AbiValues, TheEntryPointCarriesTheMajor) {
  EXPECT_STREQ(HG_MODULE_SYMBOL, "hg_module_v0");
  EXPECT_EQ(HG_UNKNOWN_COUNT, 18446744073709551615ull);
}

}  // namespace
