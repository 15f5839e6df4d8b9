// hg.llm/1

#include "core/plugin/tables.hpp"

namespace headgate::plugin {

namespace {

std::int32_t facets(hg_call* call, hg_facets* out) noexcept {
  expect_own(call, "facets");
  if (out == nullptr) return HG_INVALID;
  hg_facets all{};
  all.size = HG_END_OF(hg_facets, max_tokens);
  all.max_tokens = HG_UNKNOWN_COUNT;
  const std::int32_t result = call->facets(all);
  all.size = HG_END_OF(hg_facets, max_tokens);
  if (result == HG_OK) write_struct(out, all);
  return result;
}

std::int32_t set_model(hg_call* call, std::uint32_t message, hg_str model) noexcept {
  expect_own(call, "set_model");
  if (!valid_message(message) || !valid(model) || model.len == 0) return HG_INVALID;
  return call->set_model(message, view(model));
}

std::int32_t report_usage(hg_call* call, const hg_usage* usage) noexcept {
  expect_own(call, "report_usage");
  if (usage == nullptr) return HG_INVALID;
  const hg_usage unknown = {
      .size = HG_END_OF(hg_usage, reasoning),
      .reserved = 0,
      .input = HG_UNKNOWN_COUNT,
      .output = HG_UNKNOWN_COUNT,
      .cache_read = HG_UNKNOWN_COUNT,
      .cache_write = HG_UNKNOWN_COUNT,
      .reasoning = HG_UNKNOWN_COUNT,
  };
  return call->report_usage(read_struct(usage, unknown));
}

std::int32_t model_at(hg_call* call, std::size_t index, hg_str* model, hg_str* owner) noexcept {
  expect_own(call, "model_at");
  if (model == nullptr || owner == nullptr) return HG_INVALID;
  std::string_view found_model;
  std::string_view found_owner;
  const std::int32_t result = call->model_at(index, found_model, found_owner);
  *model = str(found_model);
  *owner = str(found_owner);
  return result;
}

}  // namespace

const hg_llm_ext kLlmTable = {
    .size = HG_END_OF(hg_llm_ext, model_at),
    .reserved = 0,
    .facets = facets,
    .set_model = set_model,
    .report_usage = report_usage,
    .model_at = model_at,
};

}  // namespace headgate::plugin
