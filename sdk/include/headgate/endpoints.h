/*
 * Host extension "hg.endpoints/1": taking endpoints out of the choice and back into it.
 *
 * `host` is the one that create() was given.
 *
 * An endpoint id is 64 bits with a generation in it: it can be kept, and a stale one is HG_GONE. That
 * of an outcome is of the endpoint and the model that it was asked for, so that what is said of a
 * model or of a key for a model is said of that one: ids of one endpoint may differ.
 */
#ifndef HEADGATE_ENDPOINTS_H
#define HEADGATE_ENDPOINTS_H

#include <headgate/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HG_EXT_ENDPOINTS "hg.endpoints/1"

/* How much of an endpoint is out. Unknown values count as HG_SCOPE_ENDPOINT. */
enum {
  HG_SCOPE_NONE = 0,
  HG_SCOPE_ENDPOINT = 1,  /* the address: nothing answers there */
  HG_SCOPE_KEY = 2,       /* the key at that address: it is refused */
  HG_SCOPE_MODEL = 3,     /* the model at that address: it is not there */
  HG_SCOPE_KEY_MODEL = 4  /* that key for that model: its quota is used up */
};

/* Why an endpoint is out, for people to see. Unknown values count as HG_CAUSE_OTHER. */
enum {
  HG_CAUSE_OTHER = 0,
  HG_CAUSE_FAILURES = 1,    /* several failures in a row */
  HG_CAUSE_HEALTH = 2,      /* too many failures among its attempts */
  HG_CAUSE_RETRY_AFTER = 3, /* it said when to come back */
  HG_CAUSE_KEY = 4,         /* the key is refused */
  HG_CAUSE_MODEL = 5,       /* the model is not there */
  HG_CAUSE_PROBE = 6        /* it did not answer when it was asked how it is */
};

/* What evict_for() is asked for. */
typedef struct hg_eviction {
  uint32_t size;
  uint32_t scope; /* HG_SCOPE_*, not HG_SCOPE_NONE */
  uint64_t endpoint;
  uint64_t milliseconds;
  uint32_t max_percent; /* 1 to 100 */
  uint32_t cause;       /* HG_CAUSE_* */
  /* The health that it returns with, 0 to 1, in place of what was counted before. Below 0, or not in
   * the struct: its failures are forgotten. Above 1, or no number: HG_INVALID. */
  double restore_health;
} hg_eviction;

typedef struct hg_endpoints_ext {
  uint32_t size;
  uint32_t reserved;

  /* Keeps an endpoint out for `milliseconds` from now. A deadline that is already later stays.
   * `max_percent` (1 to 100) of the endpoints of its group are out at most: beyond that HG_LIMIT.
   * [worker] */
  int32_t (*evict)(const hg_host *host, uint64_t endpoint, uint32_t scope, uint64_t milliseconds,
                   uint32_t max_percent) HG_NOEXCEPT;
  /* Takes it back at once, whatever the scope. [worker] */
  int32_t (*restore)(const hg_host *host, uint64_t endpoint) HG_NOEXCEPT;
  /* As evict(), and says why. Gateways of before have it not: ask HG_HAS. [worker] */
  int32_t (*evict_for)(const hg_host *host, const hg_eviction *eviction) HG_NOEXCEPT;
} hg_endpoints_ext;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_ENDPOINTS_H */
