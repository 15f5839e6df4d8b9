/*
 * Host extension "hg.shared/1": counters and token buckets that all workers share.
 *
 * They belong to one configured use of a plugin and are named by it. Over a reload they are kept
 * where the plugin, its place in the configuration, its name and what is said here stay the same,
 * also if its configuration changes otherwise. One instance has at most 256, the gateway at most
 * 16,384.
 *
 * `host` and `instance` are what create() was given; ids are valid as long as the instance is.
 * No function but the first two takes a lock.
 */
#ifndef HEADGATE_SHARED_H
#define HEADGATE_SHARED_H

#include <headgate/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HG_EXT_SHARED "hg.shared/1"

/* `refill` tokens come back in `period` ms, evenly, until there are `capacity`; it begins full. At
 * most 1,000,000 tokens a second, and at most ten years from empty to full. */
typedef struct hg_bucket {
  uint32_t size;
  uint32_t reserved;
  uint64_t capacity;
  uint64_t refill;
  uint64_t period; /* ms */
} hg_bucket;

typedef struct hg_shared_ext {
  uint32_t size;
  uint32_t reserved;

  /* The counter of that name, which begins at 0. HG_LIMIT: there are too many. HG_GONE: there is no
   * such instance. HG_INVALID: a name of no or more than 128 bytes. [any] */
  int32_t (*counter)(const hg_host* host, uint64_t instance, hg_str name,
                     uint64_t* counter) HG_NOEXCEPT;
  /* The token bucket of that name. As counter(); HG_INVALID also for bounds that are passed. [any]
   */
  int32_t (*bucket)(const hg_host* host, uint64_t instance, hg_str name, const hg_bucket* in,
                    uint64_t* bucket) HG_NOEXCEPT;

  /* Adds, and says in `now` (may be NULL) what it is then. HG_GONE: not a counter. [any] */
  int32_t (*add)(const hg_host* host, uint64_t counter, int64_t amount, int64_t* now) HG_NOEXCEPT;
  /* Takes so many tokens, or none: HG_LIMIT, and `wait` (may be NULL) is in how many ms there are
   * so many if nobody else takes any. HG_INVALID: more than its capacity. HG_GONE: not a bucket.
   * [any] */
  int32_t (*take)(const hg_host* host, uint64_t bucket, uint64_t tokens,
                  uint64_t* wait) HG_NOEXCEPT;
} hg_shared_ext;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_SHARED_H */
