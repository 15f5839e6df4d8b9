/*
 * Host extension "hg.stream/1": writing events into an answer that is a stream. [worker]
 */
#ifndef HEADGATE_STREAM_H
#define HEADGATE_STREAM_H

#include <headgate/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HG_EXT_STREAM "hg.stream/1"

/* What an event is; the commit gate and the rules for a stream's end use only these flags.
 * Unknown bits are ignored. */
enum {
  HG_EVENT_LIFECYCLE = 1u << 0,  /* "created", a role, a ping: says nothing yet, does not commit */
  HG_EVENT_MEANINGFUL = 1u << 1, /* carries something of the answer: commits the attempt */
  HG_EVENT_ERROR = 1u << 2,      /* the provider says that it failed */
  HG_EVENT_FINAL = 1u << 3,      /* the answer is complete (its finish reason was said) */
  HG_EVENT_USAGE = 1u << 4,      /* carries token counts */
  HG_EVENT_TOOL = 1u << 5,       /* part of a tool call */
  /* Should have been JSON and is not: it is dropped and counted, and the stream goes on. Inside a
   * tool call (the event before it was HG_EVENT_TOOL), or with HG_EVENT_TOOL beside it (a structured
   * output, of which nothing may be missing either), the answer breaks off there. */
  HG_EVENT_NOT_JSON = 1u << 6,
  /* The end marker of the format itself ("[DONE]"): the answer is complete. HG_CONTINUE passes it
   * to a client of the same format; otherwise the gateway writes the end of the client's own. */
  HG_EVENT_END = 1u << 7
};

typedef struct hg_stream_ext {
  uint32_t size;
  uint32_t reserved;

  /* Emits one event in place of (or before) the one at hand. `data` is the payload without any
   * framing; `type` is the event's name where the format has names, else empty. Copies. At most 256
   * events and 4 MiB a callback, then HG_LIMIT. Only in on_event, on_body and on_end. */
  int32_t (*emit)(hg_call *call, hg_str type, hg_str data) HG_NOEXCEPT;
} hg_stream_ext;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_STREAM_H */
