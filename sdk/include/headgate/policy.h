/*
 * Kind "policy": what to do with a request on its way, whatever the vendor and the API format.
 *
 * One instance per place in the configuration; one context per client request. Calls, in order:
 *
 *   open, on_request, then per attempt on_attempt and on_outcome, on_response for the answer that the
 *   client gets, on_event per event of it, on_complete, close (always, exactly once after open)
 *
 * A second attempt may begin while the first goes on: two on_attempt may come without an on_outcome in
 * between, and an attempt that another one has overtaken has no on_outcome. Events and on_response are
 * of the one that answers.
 *
 * The manifest adds to hg_plugin's:
 *
 *   stage       "authenticate" | "authorize" | "limit" | "transform" | "guard" | "account": the order
 *               of policies; inside a stage the order of the file
 *   phases      which calls it wants: ["request", "attempt", "outcome", "response", "event",
 *               "complete", "judge"]. A phase that is not listed costs nothing.
 *   judgeWhen   a member of the configuration: the judge phase is called only where it is there
 *   pathTypes   a member of the configuration: a map that the gateway reads, from ends of paths to
 *               types of dialects' routes (dialect.h) or "passthrough": what is asked under these
 *               paths. Not for the provider level.
 *   body        "none" | "whole" | "stream": what it reads of the answer (default none)
 *   credential  true: its on_attempt sets the credential, and its configuration is part of what
 *               tells endpoints apart
 *   levels      where it may stand: ["listener", "route", "backend", "provider"]; default all. A narrower level
 *               replaces a wider one whole. Policies with the request, response, event or complete phase
 *               act on the client's request and are not for the provider level.
 *   default     true: attached with {} where nothing is configured
 *   dryRun      true: on_request changes nothing but the request, and what it does depends on nothing
 *               but the request and the configuration. Then `headgate explain` and GET /debug/select
 *               call open, on_request and close for a request that nobody sent; nothing can be
 *               waited for there (hg.async/1 is denied). Not for what counts requests.
 *
 *   call         reads                     writes
 *   on_request   HG_REQUEST                HG_REQUEST headers, body, JSON, model; respond
 *   on_attempt   HG_REQUEST                HG_UPSTREAM headers (JSON and model of this attempt); credential
 *   on_response  all                       HG_RESPONSE headers; body with "body": "whole"
 *   on_event     all                       emit
 *   judge        all                       nothing; its result
 *   on_outcome, on_complete                nothing
 */
#ifndef HEADGATE_POLICY_H
#define HEADGATE_POLICY_H

#include <headgate/abi.h>
#include <headgate/endpoints.h>
#include <headgate/llm.h>
#include <headgate/provider.h>
#include <headgate/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How one attempt ended, for what it says of the endpoint. */
typedef struct hg_outcome {
  uint32_t size;
  uint32_t health;       /* HG_HEALTH_* (provider.h) */
  uint64_t endpoint;     /* id for hg.endpoints/1 */
  hg_str endpoint_name;  /* as configured */
  uint32_t status;       /* HTTP status of the provider, 0 when there was none */
  uint32_t scope;        /* HG_SCOPE_* that the provider's verdict suggests */
  uint64_t retry_after;  /* ms; HG_UNKNOWN_COUNT when there is none */
  uint32_t consecutive_failures; /* of this endpoint over all workers, this one included */
  uint32_t evictions_in_row;     /* without a success in between */
  double health_score;           /* 0 to 1, see docs */
  hg_str code;                   /* "upstream_status", "connect_refused" ...; empty on success */
} hg_outcome;

/* How the client's request ended. */
typedef struct hg_completion {
  uint32_t size;
  uint32_t status;    /* that the client got; 0 when it left before */
  uint32_t attempts;  /* how many providers were asked */
  uint32_t cancelled; /* 1: the client left */
  hg_str endpoint_name;  /* that answered; empty when none did */
  uint64_t duration_us;  /* from the first byte of the request to the last of the answer */
  const hg_usage *usage; /* never NULL */
} hg_completion;

/* How endpoints that were taken out are asked whether they are back. Views live as long as the
 * instance. The gateway asks one at a time per endpoint, with the endpoint's own key, from when its time
 * has come; until one is answered it gets no client's request. */
typedef struct hg_probe {
  uint32_t size;
  uint32_t status_count; /* of `statuses`; 0: any 2xx. Only without `body` */
  const uint32_t *statuses; /* that are an answer */
  hg_str method;         /* "GET" or "HEAD"; only without `body` */
  hg_str path;           /* with its query. Without `body` the upstream's own, with all that is in front */
  hg_str body;           /* JSON: a request as a client would send to `path`. Empty: the path is asked */
  uint64_t interval;     /* ms from one that failed to the next */
  uint64_t timeout;      /* ms for all of one */
} hg_probe;

typedef struct hg_policy_api {
  uint32_t size;
  uint32_t reserved;

  /* Begins a request. NULL: requests have no context. HG_CONTINUE or HG_ABORT. [worker] */
  int32_t (*open)(void *instance, void *worker, hg_call *call, void **context) HG_NOEXCEPT;

  /* The client's request, body read whole. HG_CONTINUE; HG_STOP after respond or respond_error;
   * HG_ABORT: 500. May PAUSE. [worker] */
  int32_t (*on_request)(void *instance, void *context, hg_call *call) HG_NOEXCEPT;

  /* An endpoint was chosen; before the provider builds. HG_CONTINUE, HG_ABORT: tried elsewhere.
   * May PAUSE. [worker] */
  int32_t (*on_attempt)(void *instance, void *context, hg_call *call) HG_NOEXCEPT;

  /* An attempt ended. [worker] */
  void (*on_outcome)(void *instance, void *context, hg_call *call,
                     const hg_outcome *outcome) HG_NOEXCEPT;

  /* The head of the answer (and the body, if asked for) that the client will get. HG_CONTINUE; HG_STOP after
   * respond or respond_error; HG_ABORT: 500. [worker] */
  int32_t (*on_response)(void *instance, void *context, hg_call *call) HG_NOEXCEPT;

  /* One event for the client. As a provider's on_event. [worker] */
  int32_t (*on_event)(void *instance, void *context, hg_call *call, const hg_str *data,
                      uint32_t flags) HG_NOEXCEPT;

  /* The request is over; nothing can be changed. [worker] */
  void (*on_complete)(void *instance, void *context, hg_call *call,
                      const hg_completion *completion) HG_NOEXCEPT;

  /* Continues a pause of on_request or on_attempt. [worker] */
  int32_t (*on_async)(void *instance, void *context, hg_call *call, uint32_t reason) HG_NOEXCEPT;

  /* Ends the request. [worker] */
  void (*close)(void *instance, void *context) HG_NOEXCEPT;

  /* A provider answered, whole or with an error status: is that a failure of the endpoint? Called before
   * the attempt is counted, so the counts in `outcome` are 0; its health is what the provider, or the
   * policy before this one, says. Returns HG_HEALTH_*; other values leave it as it is. Attempts
   * without an answer, and answers that broke off, are failures without asking. [worker] */
  uint32_t (*judge)(void *instance, void *context, hg_call *call,
                    const hg_outcome *outcome) HG_NOEXCEPT;

  /* Whether endpoints under this policy come back by a probe rather than by a client's request. Asked
   * once, after create. HG_CONTINUE: as `out` says; HG_STOP: no. NULL: no. [main] */
  int32_t (*probe)(void *instance, hg_probe *out) HG_NOEXCEPT;
} hg_policy_api;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_POLICY_H */
