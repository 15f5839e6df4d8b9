/*
 * Kind "provider": how to talk to one vendor's API.
 *
 * One instance per configured provider; one attempt context per try of a request. Calls for an
 * attempt, in order:
 *
 *   open, build, sign, on_head, then on_body or on_tail once (whole answers) or on_event per event,
 *   on_end, classify if it failed, close (always, exactly once after a successful open)
 *
 * When the gateway asks a path to see whether the endpoint is back there is no build and nothing
 * between sign and classify.
 *
 * The manifest adds to hg_plugin's:
 *
 *   accepts      dialect ids whose bodies the provider takes as they are. A request in any other
 *                dialect is handed over in the neutral form (the chat format of "openai.chat"). The
 *                first is also the one whose form errors of the gateway have on passThrough paths.
 *   operations   what it can do: ["chat", "embeddings"]. An endpoint whose provider lacks the
 *                operation of a request is not chosen for it.
 *   modelFor     those of the operations that hg_target.model is for: ["chat"]. Requests of the
 *                others keep their own model. All of them where it is not there.
 *   passThrough  paths that are forwarded untouched, as the client's path ends:
 *                ["/v1/completions", "/v1/files/..."]; "..." stands for anything behind, at least
 *                one byte. {model} says where the path names the model, as a segment or in front of
 *                a segment's ':': "/v1/models/{model}:..."
 *   passThroughModel  JSON pointer to the model in the bodies of such paths, where the path names
 *                none: "/model". Without it policies that ask for the model find none.
 *   storedPaths  those of such paths that store things for later, or ask for what was stored:
 *                ["/v1/files", "/v1/files/..."]. Only the account that stored a thing knows it, so
 *                these requests go to one account and to no other.
 *   passThroughStoredIds  JSON pointers to ids of stored things in the bodies of other such paths:
 *                ["/previous_response_id"]. A token "*" stands for every element of a list; a text
 *                or a list that is found counts.
 *   ownIds       how ids of things that this provider stored begin: ["https://files.acme.com/"]. An
 *                id that begins so goes to it, and with ownIds no other does. Without them it is
 *                taken to know any id that no other provider owns.
 *   credential   where its key goes: {"header": "authorization", "prefix": "Bearer "},
 *                {"query": "key"} or {"cookie": "name"}
 *   forwardHeaders  client headers that the provider understands beyond the common ones, as exact
 *                names or with a trailing "*": ["openai-beta", "x-stainless-*"]
 *   limits       headers of its answers that tell of rate limits: [{"remaining": "x-left",
 *                "reset": "x-reset"}], at most four. While `remaining` is 0 the key is not asked for that
 *                model (others go first) until `reset`: seconds, "6m0s", "20ms", a Unix time or an
 *                RFC 3339 date, at most 60 s. Read of 2xx answers; of others classify() tells.
 *
 *   call         reads                     writes
 *   build        HG_REQUEST                HG_UPSTREAM (line, headers, body)
 *   sign         HG_REQUEST, HG_UPSTREAM   HG_UPSTREAM headers and target
 *   on_head      all                       HG_RESPONSE headers
 *   on_body      all                       HG_RESPONSE headers and body
 *   on_tail      all
 *   on_event, on_end                       emit
 */
#ifndef HEADGATE_PROVIDER_H
#define HEADGATE_PROVIDER_H

#include <headgate/abi.h>
#include <headgate/credential.h>
#include <headgate/endpoints.h>
#include <headgate/llm.h>
#include <headgate/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where an instance sends requests when the configuration says nothing else. Views live as long as
 * the instance. */
typedef struct hg_target {
  uint32_t size;
  uint32_t port; /* 0: 443 with TLS, 80 without */
  hg_str host;
  uint32_t tls; /* 1: TLS with the system's roots */
  uint32_t host_required; /* 1: there is no default, the user must set hostOverride */
  hg_str base_path; /* "/v1"; no slash at the end */
  hg_str model;     /* that requests are sent with (see modelFor), or empty: the client's */
} hg_target;

/* What one attempt is to be. Views are valid until the callback returns. */
typedef struct hg_build {
  uint32_t size;
  uint32_t stream;  /* 1: the client wants a stream */
  uint32_t neutral; /* 1: HG_REQUEST's body is in the neutral form; 0: in `dialect` */
  uint32_t reserved;
  hg_str operation;    /* "chat", "embeddings"; empty: pass-through */
  hg_str dialect;      /* the client's */
  hg_str model;        /* to ask for: the configured one, else what policies and the client said */
  hg_str base_path;    /* to put in front of the path */
  hg_str path;         /* pass-through: the client's path behind the common prefix, with query */
  uint64_t max_tokens; /* HG_UNKNOWN_COUNT: no limit */
  /* 1: HG_REQUEST ends with what the assistant has said already, and the answer is to go on from
   * there. Only where prefills() said yes. */
  uint32_t prefill;
  /* 1: it goes to the host that target() names; 0: to another one of the configuration's
   * (hostOverride), which may well be another maker's, or the host is not known. */
  uint32_t own_host;
} hg_build;

typedef struct hg_head {
  uint32_t size;
  uint32_t status;
  hg_str content_type; /* without parameters, lower case */
} hg_head;

/* How an answer's body is cut into what on_body and on_event get. An unknown value is an error. */
enum {
  HG_FRAMING_WHOLE = 0, /* on_body once with all of it */
  HG_FRAMING_SSE = 1,   /* server-sent events */
  HG_FRAMING_NDJSON = 2,
  HG_FRAMING_AWS = 3, /* application/vnd.amazon.eventstream */
  HG_FRAMING_RAW = 4  /* bytes pass, no calls */
};

/* Filled by on_head. The gateway allocates it and sets defaults: HG_FRAMING_SSE for
 * text/event-stream, else WHOLE. */
typedef struct hg_plan {
  uint32_t size;
  uint32_t framing;
  /* 1: on_body or on_tail is called. 0: a whole answer passes without a call, and need not be held. */
  uint32_t want_body;
  /* Literals, static or in the attempt: once committed, an event whose bytes contain none of them
   * may be relayed without a call. It is where it differs only in the text of one string value or
   * two from events for which on_event returned HG_CONTINUE with HG_EVENT_MEANINGFUL, perhaps
   * HG_EVENT_TOOL, and nothing else; so a word in a string that makes an event another kind of event
   * should be a literal. 0: every event is shown. At most 4. */
  uint32_t literal_count;
  const hg_str *literals;
  /* 1: events and bodies stay in the client's format; 0: on_event and on_body emit or write the
   * neutral form. Only with HG_BUILD's neutral == 0. */
  uint32_t passes;
  uint32_t reserved;
} hg_plan;

typedef struct hg_event {
  uint32_t size;
  uint32_t committed; /* 1: the client already has bytes of this answer */
  hg_str type;        /* SSE event name, AWS :event-type; else empty */
  hg_str data;        /* payload without framing */
} hg_event;

/* Why a stream ended. Unknown values count as HG_END_CUT. */
enum {
  HG_END_COMPLETE = 0, /* the body ended as its framing says */
  HG_END_CUT = 1       /* it did not */
};

/* What failed. Unknown values count as HG_FAILURE_TRANSPORT. */
enum {
  HG_FAILURE_STATUS = 1,    /* `status` is not 2xx */
  HG_FAILURE_TRANSPORT = 2, /* connect, DNS, TLS, reset before the head */
  HG_FAILURE_TIMEOUT = 3,   /* nothing came in time */
  HG_FAILURE_EVENT = 4,     /* an error event inside a 2xx; body is its data */
  HG_FAILURE_BAD_ANSWER = 5 /* not HTTP, or not what the format says */
};

typedef struct hg_failure {
  uint32_t size;
  uint32_t kind;
  uint32_t status; /* 0 when there was no head */
  uint32_t reserved;
  hg_str body;            /* of the error, decoded, at most 64 KiB; headers are in HG_RESPONSE */
  uint64_t retry_after;   /* ms, from the standard headers; HG_UNKNOWN_COUNT when there is none */
} hg_failure;

/* What to do with this request next. Unknown values count as HG_NEXT_ELSEWHERE. */
enum {
  HG_NEXT_ELSEWHERE = 0,
  HG_NEXT_HERE = 1,  /* once more on the same endpoint, after a short backoff */
  HG_NEXT_WAIT = 2,  /* elsewhere if there is somewhere, otherwise here after retry_after */
  HG_NEXT_NEVER = 3  /* the client is to get this failure */
};

/* What the failure says of the endpoint. Unknown values count as HG_HEALTH_NEUTRAL. */
enum { HG_HEALTH_FAILURE = 0, HG_HEALTH_NEUTRAL = 1, HG_HEALTH_SUCCESS = 2 };

/* Who is not tried again for this request. Unknown values count as HG_EXCLUDE_ENDPOINT. */
enum {
  HG_EXCLUDE_NOBODY = 0,
  HG_EXCLUDE_ENDPOINT = 1, /* this endpoint */
  /* and every other that would be asked for the same model: those for which it is configured, and
   * where none is, those of the same group */
  HG_EXCLUDE_MODEL = 2
};

/* The four parts of a verdict. The gateway allocates it, filled with what the HTTP status alone
 * suggests; classify changes what it knows better. */
typedef struct hg_verdict {
  uint32_t size;
  uint32_t next;
  uint32_t exclude; /* HG_EXCLUDE_* */
  uint32_t health;
  uint32_t scope;       /* HG_SCOPE_*: what should be evicted, for the health policy */
  uint32_t status;      /* for the client, when this is what it gets */
  uint64_t retry_after; /* ms; HG_UNKNOWN_COUNT when there is none */
  hg_str code;          /* stable word, "context_length_exceeded"; in the attempt or static */
  hg_str message;       /* for humans, in the attempt or static; empty: a general one */
} hg_verdict;

typedef struct hg_provider_api {
  uint32_t size;
  uint32_t reserved;

  /* Where requests go. Called once, after create. [main] */
  void (*target)(void *instance, hg_target *out) HG_NOEXCEPT;

  /* Begins an attempt. NULL: attempts have no context. HG_CONTINUE or HG_ABORT. [worker] */
  int32_t (*open)(void *instance, void *worker, hg_call *call, void **attempt) HG_NOEXCEPT;

  /* Writes line, headers and body of HG_UPSTREAM. HG_CONTINUE, or HG_ABORT after respond_error when
   * the request cannot be expressed for this vendor: another endpoint is tried, and the client gets
   * the error if none can. [worker] */
  int32_t (*build)(void *instance, void *attempt, hg_call *call, const hg_build *in) HG_NOEXCEPT;

  /* Proves who we are. NULL: the credential is put at its place. May PAUSE. HG_CONTINUE or HG_ABORT.
   * [worker] */
  int32_t (*sign)(void *instance, void *attempt, hg_call *call,
                  const hg_credential *credential) HG_NOEXCEPT;

  /* The final head of a 2xx answer. HG_CONTINUE or HG_ABORT. [worker] */
  int32_t (*on_head)(void *instance, void *attempt, hg_call *call, const hg_head *head,
                     hg_plan *plan) HG_NOEXCEPT;

  /* The whole body of a 2xx answer, decoded. HG_CONTINUE after set_body if it is to change, or
   * HG_ABORT: not an answer (hg_failure.kind is HG_FAILURE_BAD_ANSWER then). [worker] */
  int32_t (*on_body)(void *instance, void *attempt, hg_call *call, hg_str body) HG_NOEXCEPT;

  /* One event. HG_CONTINUE passes it untouched, HG_REPLACED puts what was emitted in its place,
   * HG_ABORT fails the attempt. `*flags` (HG_EVENT_*, 0 at entry) is what the event was. [worker] */
  int32_t (*on_event)(void *instance, void *attempt, hg_call *call, const hg_event *event,
                      uint32_t *flags) HG_NOEXCEPT;

  /* The stream ended: what is left may be emitted. `*flags` as with on_event. HG_CONTINUE, or
   * HG_ABORT when the answer is not complete. [worker] */
  int32_t (*on_end)(void *instance, void *attempt, hg_call *call, uint32_t reason,
                    uint32_t *flags) HG_NOEXCEPT;

  /* Continues a pause of sign. [worker] */
  int32_t (*on_async)(void *instance, void *attempt, hg_call *call, uint32_t reason) HG_NOEXCEPT;

  /* What a failure means. NULL: what the status suggests. [worker] */
  void (*classify)(void *instance, void *attempt, hg_call *call, const hg_failure *failure,
                   hg_verdict *verdict) HG_NOEXCEPT;

  /* Ends the attempt. [worker] */
  void (*close)(void *instance, void *attempt) HG_NOEXCEPT;

  /* Whether `in->model` goes on from a last message of the assistant's rather than to answer anew, asked
   * as HG_REQUEST asks (without thinking, say): then an answer that broke off elsewhere is gone on
   * with here. HG_CONTINUE: yes; HG_STOP: no. NULL: never. [worker] */
  int32_t (*prefills)(void *instance, hg_call *call, const hg_build *in) HG_NOEXCEPT;

  /* In place of on_body, of an answer that passes and is too large to be held: its last bytes, at most
   * 16 KiB, when all of it has come; for report_usage. Nothing can be changed any more. Not of an
   * answer that is coded (Content-Encoding). NULL: nobody reads them. [worker] */
  void (*on_tail)(void *instance, void *attempt, hg_call *call, hg_str tail) HG_NOEXCEPT;
} hg_provider_api;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_PROVIDER_H */
