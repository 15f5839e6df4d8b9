/*
 * Host extension "hg.endpoints/1": taking endpoints out of the choice and back into it.
 *
 * `host` is the one that create() was given.
 *
 * An endpoint id is 64 bits with a generation in it: it can be kept, and a stale one is HG_GONE.
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
} hg_endpoints_ext;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_ENDPOINTS_H */
