/*
 * Host extension "hg.async/1": waiting, and asking others meanwhile.
 *
 * A callback whose comment says "may PAUSE" starts a timer, takes a waker or makes HTTP calls, returns
 * HG_PAUSE, and is continued through on_async of the same table, on the owning worker, never inline.
 * What on_async returns stands for the paused callback's. A pause with nothing outstanding fails the
 * request. The first thing that happens ends the pause: timer and waker end with it, HTTP calls go on
 * if on_async returns HG_PAUSE again, and are cancelled by anything else that it returns, by
 * HG_ASYNC_DEADLINE and when the client leaves.
 *
 * on_background (abi.h) is no pause of a request, and waits in the same way: there HG_ASYNC_DEADLINE
 * comes after 600000 ms without a timer, and a reload takes the place of the client that leaves.
 */
#ifndef HEADGATE_ASYNC_H
#define HEADGATE_ASYNC_H

#include <headgate/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HG_EXT_ASYNC "hg.async/1"

/* Why on_async is called. Unknown values: treat as HG_ASYNC_DEADLINE. */
enum {
  HG_ASYNC_TIMER = 1,
  HG_ASYNC_WAKE = 2,
  HG_ASYNC_DEADLINE = 3,
  HG_ASYNC_HTTP = 4,
  HG_ASYNC_BEGIN = 5 /* on_background only */
};

typedef struct hg_http_header {
  hg_str name;
  hg_str value;
} hg_http_header;

/* One HTTP request of a plugin's own. Copied during the call. */
typedef struct hg_http_request {
  uint32_t size;
  uint32_t header_count;
  hg_str upstream; /* a name of `config.plugins.upstreams`: nothing else can be reached */
  hg_str method;
  hg_str target; /* path and query; begins with '/' */
  /* Without host, content-length, accept-encoding and what is about the connection: they are the
   * gateway's. At most 64. */
  const hg_http_header *headers;
  hg_str body;               /* at most 16 MiB */
  uint64_t timeout;          /* ms, connecting included; 0 or more than the upstream's own: that one */
  uint64_t answer_bytes_max; /* of the answer's body; 0: 1 MiB. At most 16 MiB */
} hg_http_request;

/* What became of a call. Unknown values: there is no answer. */
enum {
  HG_HTTP_ANSWERED = 0, /* whatever the status; redirects are not followed */
  HG_HTTP_CONNECT = 1,  /* no connection, or none with TLS that could be verified */
  HG_HTTP_TIMEOUT = 2,
  HG_HTTP_TOO_LARGE = 3, /* the body is above answer_bytes_max */
  HG_HTTP_BROKEN = 4     /* the connection broke off, or what came is not HTTP */
};

/* Views are valid until the on_async that the answer was taken in returns. */
typedef struct hg_http_answer {
  uint32_t size;
  uint32_t result; /* HG_HTTP_* */
  uint64_t id;     /* that http() gave the call */
  uint32_t status; /* 0 when there is no answer, and then nothing below but `error` */
  uint32_t header_count;
  const hg_http_header *headers; /* without those about the connection */
  hg_str body;                   /* without its framing; what content-encoding says is not undone */
  hg_str error;                  /* UTF-8, for a log: what went wrong; empty when answered */
} hg_http_answer;

typedef struct hg_async_ext {
  uint32_t size;
  uint32_t reserved;

  /* Calls on_async(HG_ASYNC_TIMER) after `milliseconds` (at most 600000), at the gateway's granularity
   * of some 20 ms. One per pause. [worker] */
  int32_t (*timer)(hg_call *call, uint64_t milliseconds) HG_NOEXCEPT;
  /* An id with which any thread may wake this pause. Valid until the pause ends. 0: none left. [worker] */
  uint64_t (*waker)(hg_call *call) HG_NOEXCEPT;
  /* Calls on_async(HG_ASYNC_WAKE) on the owning worker. HG_GONE when the pause has ended. `host` is the
   * one that create() was given. [any] */
  int32_t (*wake)(const hg_host *host, uint64_t waker) HG_NOEXCEPT;

  /* Begins an HTTP call, and on_async(HG_ASYNC_HTTP) is called once when it is over, well or badly.
   * Several may be outstanding: at most 8. HG_NOT_FOUND: the upstream is not in the configuration.
   * HG_INVALID: method, target or a header cannot be sent. HG_LIMIT: a bound that stands above.
   * HG_DENIED: in a callback that may not PAUSE, or a header that is the gateway's. [worker] */
  int32_t (*http)(hg_call *call, const hg_http_request *request, uint64_t *id) HG_NOEXCEPT;
  /* The answer that on_async(HG_ASYNC_HTTP) is called for. HG_NOT_FOUND anywhere else. [worker] */
  int32_t (*http_answer)(hg_call *call, hg_http_answer *answer) HG_NOEXCEPT;
} hg_async_ext;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_ASYNC_H */
