#include "fake_call.hpp"

#include <headgate/json_view.hpp>

#include <algorithm>
#include <cstring>

#include "fake_tables.hpp"

namespace hg::testing {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string FakeMessage::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) return value;
  return {};
}

}  // namespace hg::testing

using hg::testing::Phase;

hg_call::hg_call(std::string_view body) {
  request().method = "POST";
  request().target = "/v1/chat/completions";
  request().headers = {{"content-type", "application/json"}};
  request().body = body;
}

hg_call::~hg_call() {
  finish();
}

void hg_call::begin(Phase which) {
  phase = which;
  if (first_model_.empty()) first_model_ = client_model();
}

void hg_call::finish() {
  for (auto& [block, size] : lent_) std::memset(block.get(), 0xDB, size);
  lent_.clear();
  phase = Phase::none;
}

hg_str hg_call::lend(std::string_view bytes) {
  if (bytes.empty()) return {nullptr, 0};
  auto block = std::make_unique<char[]>(bytes.size());
  std::memcpy(block.get(), bytes.data(), bytes.size());
  const hg_str view = {block.get(), bytes.size()};
  lent_.emplace_back(std::move(block), bytes.size());
  return view;
}

bool hg_call::may_write(std::uint32_t message, bool body_too) const {
  switch (phase) {
    case Phase::request:
      return message == HG_REQUEST;
    case Phase::attempt:
    case Phase::build:
      return message == HG_UPSTREAM;
    case Phase::sign:
      return message == HG_UPSTREAM && !body_too;
    case Phase::head:
      return message == HG_RESPONSE && !body_too;
    case Phase::response:
    case Phase::body:
    case Phase::from_neutral_body:
    case Phase::error:
      return message == HG_RESPONSE;
    case Phase::to_neutral:
      return message == HG_REQUEST;
    default:
      return false;
  }
}

std::int32_t hg_call::enter(std::int32_t otherwise) {
  return ++host_calls == fail_at ? HG_LIMIT : otherwise;
}

std::string hg_call::client_model() const {
  const hg::JsonView model = hg::JsonView(messages[HG_REQUEST].body)["model"];
  return model.text().value_or(path_model);
}
