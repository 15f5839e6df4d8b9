/*
 * Host extension "hg.llm/1": what every request to a language model has, whatever its API format.
 * [worker]
 */
#ifndef HEADGATE_LLM_H
#define HEADGATE_LLM_H

#include <headgate/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HG_EXT_LLM "hg.llm/1"

#define HG_UNKNOWN_COUNT UINT64_MAX

/* What a request asks for, read from the body (or the path) where the dialect says. */
typedef struct hg_facets {
  uint32_t size;
  uint32_t stream;     /* 1: the client wants a stream */
  hg_str dialect;      /* id of the client's dialect, "openai.chat"; empty on a pass-through path */
  hg_str operation;    /* "chat", "embeddings", "models" ...; empty on a pass-through path */
  hg_str model;        /* as the policies so far left it, decoded; empty when there is none, or on
                          a pass-through path where it cannot be known */
  hg_str client_model; /* as the client wrote it */
  uint64_t max_tokens; /* limit on the answer's tokens; HG_UNKNOWN_COUNT when there is none */
} hg_facets;

/* Tokens of one answer. Fields that are not known are HG_UNKNOWN_COUNT. `input` includes what was
 * read from or written to a cache, `output` includes reasoning; the details count apart. */
typedef struct hg_usage {
  uint32_t size;
  uint32_t reserved;
  uint64_t input;
  uint64_t output;
  uint64_t cache_read;
  uint64_t cache_write;
  uint64_t reasoning;
} hg_usage;

typedef struct hg_llm_ext {
  uint32_t size;
  uint32_t reserved;

  /* Fills `out` up to out->size. Views are valid until the callback returns. */
  int32_t (*facets)(hg_call *call, hg_facets *out) HG_NOEXCEPT;
  /* Sets the model of HG_REQUEST (policies, on_request) or HG_UPSTREAM, at the place that the dialect
   * names. HG_INVALID where the request has no model. Copies. */
  int32_t (*set_model)(hg_call *call, uint32_t message, hg_str model) HG_NOEXCEPT;
  /* Reports tokens of the answer; any number of times, known fields of later reports replace those
   * of earlier ones. Providers only. */
  int32_t (*report_usage)(hg_call *call, const hg_usage *usage) HG_NOEXCEPT;
  /* The models that the configuration of this route names, in its order: index from 0,
   * HG_NOT_FOUND behind the last. `owner` is the provider's configured name. */
  int32_t (*model_at)(hg_call *call, size_t index, hg_str *model, hg_str *owner) HG_NOEXCEPT;
} hg_llm_ext;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_LLM_H */
