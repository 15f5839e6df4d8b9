#pragma once
// A record with every field filled, for the tests of what is made of it.

#include <chrono>

#include "core/observe/access_record.hpp"

namespace headgate::observe {

inline void fill_sample(AccessRecord& record) {
  using std::chrono::microseconds;
  record.time = WallTime(std::chrono::milliseconds(1'800'000'000'042));
  record.listener = "default";
  record.route = "chat";
  record.backend = "models";
  record.client_address = "127.0.0.1:40000";
  record.method = "POST";
  record.host = "example.com";
  record.target = "/v1/chat?key=***";
  record.status = 200;
  record.dialect = "some.chat";
  record.operation = "chat";
  record.provider_kind = "kind";
  record.provider = "second";
  record.request_model = "fast";
  record.upstream_model = "model-1";
  record.input_tokens = 10;
  record.output_tokens = 0;
  record.total_tokens = 30;
  record.cached_tokens = 4;
  record.reasoning_tokens = 5;
  record.duration = microseconds(1'250'004);
  record.held = milliseconds(700);
  record.first_token = microseconds(80'050);
  record.bytes_in = 1024;
  record.bytes_out = 99;
  record.stream = true;
  record.error_code = "cut";
  record.request_id = "r-1";
  AccessAttempt& first = record.add_attempt();
  first.endpoint = "first";
  first.status = 429;
  first.error_code = "rate_limited";
  first.duration = microseconds(12'000);
  AccessAttempt& second = record.add_attempt();
  second.endpoint = "second";
  second.status = 200;
  second.duration = microseconds(80'250);
  record.add_attribute({"team", R"("a b")", "a b"});
}

}  // namespace headgate::observe
