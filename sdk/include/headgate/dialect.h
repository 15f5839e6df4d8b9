/*
 * Kind "dialect": an API format that clients speak.
 *
 * A dialect has one instance, made with {}. It is found by the path of a request. The manifest adds
 * to hg_plugin's:
 *
 *   neutral     true: bodies are in the neutral form as they are (one dialect only)
 *   routes      [{"method": "POST", "path": "/v1/chat/completions", "operation": "chat",
 *                 "body": "json", "answered": false}]: the end of the client's path decides, so a
 *                route may have a prefix of its own. "{model}" in a path is the model. "answered": true
 *                means that answer() makes the answer. Where two dialects share a path,
 *                "header": "name" says which header must be there. "type": "completions" is the name
 *                by which a configuration can say that another path is this one (policy.h,
 *                pathTypes); not for a path with a {model}. The names that others use for the same
 *                API are the best ones: dialects may share them.
 *   model       JSON pointer to the model in the body ("/model"), or "path"
 *   stream      JSON pointer to the stream flag ("/stream")
 *   maxTokens   JSON pointers to the limit on the answer's tokens, first found counts
 *   storedIds   JSON pointers to ids of things that a provider has stored (files, earlier answers).
 *               A token "*" stands for every element of a list. A request that names one goes to one
 *               account only: see ownIds in provider.h
 *   events      {"framing": "sse", "end": "data: [DONE]\n\n"}: how a stream is written to the
 *               client, and the bytes that end a complete one
 *   credential  headers in which this format's clients carry their key:
 *               [{"header": "authorization", "prefix": "Bearer "}]
 */
#ifndef HEADGATE_DIALECT_H
#define HEADGATE_DIALECT_H

#include <headgate/abi.h>
#include <headgate/llm.h>
#include <headgate/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An error to be shown to the client. Views are valid until the callback returns. */
typedef struct hg_client_error {
  uint32_t size;
  uint32_t status;
  hg_str code;    /* stable word */
  hg_str message; /* for humans, UTF-8 */
  uint32_t fault; /* 0: the client's, 1: a provider's, 2: the gateway's */
  uint32_t event; /* 1: for the middle of a stream: emit it; 0: as a whole body: set_body */
  hg_str member;  /* of the request, that is at fault: "messages[2].content"; empty: not known */
} hg_client_error;

/* The beginning of an answer that a provider is to go on from. Views are valid until the callback
 * returns. */
typedef struct hg_prefill {
  uint32_t size;
  uint32_t reserved;
  hg_str text;     /* what the assistant has said, decoded; never empty */
  uint64_t tokens; /* that it is known to have; 0 when that is not known */
} hg_prefill;

/* One event of an answer that goes on where another one broke off. Views are valid until the
 * callback returns. */
typedef struct hg_joined {
  uint32_t size;
  uint32_t replaces; /* 1: `text` stands in place of the text of `data`; it may be empty */
  hg_str data;
  hg_str text;           /* decoded */
  hg_str first;          /* the first event of the answer that the client has */
  const hg_usage *usage; /* of the parts before this one, to be added to counts in `data`; never NULL */
  uint64_t text_before;  /* bytes of text that the client has in front of what this answer says */
  uint32_t other_first;  /* 1: this answer said something else before any text */
  uint32_t reserved;
} hg_joined;

typedef struct hg_dialect_api {
  uint32_t size;
  uint32_t reserved;

  /* Begins a request; NULL: no context. HG_CONTINUE or HG_ABORT. [worker] */
  int32_t (*open)(void *instance, void *worker, hg_call *call, void **context) HG_NOEXCEPT;

  /* Rewrites HG_REQUEST's body into the neutral form (set_body). NULL when neutral. HG_CONTINUE, or
   * HG_STOP after respond_error. [worker] */
  int32_t (*to_neutral)(void *instance, void *context, hg_call *call) HG_NOEXCEPT;
  /* Rewrites a whole neutral answer (set_body on HG_RESPONSE). NULL when neutral. [worker] */
  int32_t (*from_neutral_body)(void *instance, void *context, hg_call *call,
                               hg_str body) HG_NOEXCEPT;
  /* Rewrites one neutral event: emit, then HG_REPLACED. NULL when neutral. [worker] */
  int32_t (*from_neutral_event)(void *instance, void *context, hg_call *call, hg_str data,
                                uint32_t flags) HG_NOEXCEPT;

  /* Renders an error: set_body on HG_RESPONSE (JSON), or emit if error->event. Never NULL. Also called
   * without open, then with a NULL context, when a request fails early. [worker] */
  int32_t (*error)(void *instance, void *context, hg_call *call,
                   const hg_client_error *error) HG_NOEXCEPT;

  /* Answers a route with "answered": true through respond() or respond_error() and returns HG_STOP; or
   * HG_CONTINUE when it knows no answer: then a provider that declares the path is asked, and if there
   * is none, an answer that was recorded all the same is given. [worker] */
  int32_t (*answer)(void *instance, void *context, hg_call *call) HG_NOEXCEPT;

  void (*close)(void *instance, void *context) HG_NOEXCEPT;

  /* Whether HG_REQUEST may be asked of two providers at the same time: it does nothing but ask for an
   * answer, that is, nothing is stored or started and no tool runs at the provider. HG_CONTINUE: yes;
   * HG_STOP: no. NULL: never. Called when an answer is late, or before a hedge. [worker] */
  int32_t (*repeatable)(void *instance, void *context, hg_call *call) HG_NOEXCEPT;

  /* The rest is for streams that break off after the client has had a part of them and are gone on
   * with by another provider (stream.onCut: continue). None of it knows of a request's context. All
   * of them or none; without them such a stream ends in an error. Of a dialect that is not neutral,
   * the last three are for streams that pass; of translated ones the neutral dialect's are called. */

  /* Whether the streamed answer to HG_REQUEST can be gone on with by somebody else: one choice, of text,
   * with nothing beside it that would have to fit. HG_CONTINUE or HG_STOP. [worker] */
  int32_t (*continuable)(void *instance, hg_call *call) HG_NOEXCEPT;
  /* Emits the text that one event adds to the answer, decoded; nothing if it adds none. HG_CONTINUE, or
   * HG_STOP if it adds anything else: a part of a tool call, of a thought, of another choice. [worker] */
  int32_t (*said)(void *instance, hg_call *call, hg_str data) HG_NOEXCEPT;
  /* Lets HG_REQUEST's body end with in->text as what the assistant has said, and lowers its limits on
   * the answer by in->tokens, but not to nothing. HG_CONTINUE, or HG_ABORT. [worker] */
  int32_t (*prefill)(void *instance, hg_call *call, const hg_prefill *in) HG_NOEXCEPT;
  /* Makes an event of another answer one of the client's: identity as in in->first, text and counts as
   * `in` says. HG_CONTINUE when it may pass as it is; HG_REPLACED after emitting. [worker] */
  int32_t (*join)(void *instance, hg_call *call, const hg_joined *in) HG_NOEXCEPT;
} hg_dialect_api;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_DIALECT_H */
