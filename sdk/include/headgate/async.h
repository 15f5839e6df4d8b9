/*
 * Host extension "hg.async/1": waiting.
 *
 * A callback whose comment says "may PAUSE" starts a timer or takes a waker, returns HG_PAUSE, and is
 * continued through on_async of the same table, on the owning worker, never inline. What on_async
 * returns stands for the paused callback's. A pause with nothing outstanding fails the request.
 */
#ifndef HEADGATE_ASYNC_H
#define HEADGATE_ASYNC_H

#include <headgate/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HG_EXT_ASYNC "hg.async/1"

/* Why on_async is called. Unknown values: treat as HG_ASYNC_DEADLINE. */
enum { HG_ASYNC_TIMER = 1, HG_ASYNC_WAKE = 2, HG_ASYNC_DEADLINE = 3 };

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
} hg_async_ext;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_ASYNC_H */
