/*
 * Headgate plugin ABI, version 0.1: what a plugin and the gateway are to each other.
 *
 * A plugin is a shared library that exports one function, hg_module_v0. It returns a static table
 * that lists the plugins inside: providers (how to talk to one vendor), policies (what to do with a
 * request on its way) and dialects (an API format that clients speak). Everything else is reached
 * through tables of functions: the gateway's through hg_host.extension(), the plugin's through its
 * hg_plugin.
 *
 * The rules that hold for every declaration in these headers:
 *
 *  - Every growable struct begins with `size`: the end of its last field, set by whoever allocates
 *    it. The other side reads and writes at most `size` bytes and asks HG_HAS first. Fields are
 *    only ever appended.
 *  - Strings are hg_str by value: not terminated, valid as long as the comment at hand says, `ptr`
 *    may be NULL only when `len` is 0. Bytes need not be UTF-8 unless the comment says so.
 *  - Nobody frees the other's memory. A view taken in a callback is valid until that callback
 *    returns, unless the function that gave it says more.
 *  - Thread tags: [main] the one control thread; [worker] the worker that owns the object, one
 *    thread at a time, no locks needed; [any] any thread; [scan] before any configuration, no I/O.
 *  - The gateway never calls a plugin from inside a host function: there is no re-entrancy.
 *  - No exception may leave a callback. In C++17 and later every function pointer is noexcept, so
 *    a function that can throw does not compile into a table.
 *  - Unknown enum values have a stated meaning per enum.
 *
 * While the major is 0 the contract may still change between minors; a library built against
 * another 0.x minor is refused with its reason. The name of the exported function carries the
 * major, so a library of the draft can never be taken for one of the frozen v1.
 *
 * C99 clean. Depends on nothing.
 */
#ifndef HEADGATE_ABI_H
#define HEADGATE_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__cplusplus) && __cplusplus >= 201703L
#define HG_NOEXCEPT noexcept
#else
#define HG_NOEXCEPT
#endif

#define HG_ABI_MAJOR 0u
#define HG_ABI_MINOR 1u

/* The end of a field, which is what `size` counts: no tail padding can be mistaken for a field. */
#define HG_END_OF(type, field) ((uint32_t)(offsetof(type, field) + sizeof(((type*)0)->field)))
/* Whether the struct that `p` points to was allocated with `field` in it. */
#define HG_HAS(p, type, field) ((p)->size >= HG_END_OF(type, field))

/* A view of bytes. */
typedef struct hg_str {
  const char* ptr;
  size_t len;
} hg_str;

/* What host functions return. Other negative values: an error that is not worth telling apart. */
enum {
  HG_OK = 0,
  HG_NOT_FOUND = -1, /* there is no such header, attribute, JSON member ... */
  HG_INVALID = -2,   /* an argument is not of the form that the comment asks for */
  HG_DENIED = -3,    /* not in this phase, or not for this plugin */
  HG_LIMIT = -4,     /* a bound of the gateway would be passed */
  HG_GONE = -5       /* what the id names is no longer there */
};

/* What callbacks on the request path return. Unknown values count as HG_ABORT. */
enum {
  HG_CONTINUE = 0, /* go on; the thing at hand passes as it is */
  HG_STOP = 1,     /* the request ends here, with the answer given to respond() */
  HG_REPLACED =
      2,        /* events and bodies: what was emitted stands in its place, also if nothing was */
  HG_ABORT = 3, /* this attempt (provider) or this request (others) cannot go on */
  HG_PAUSE = 4  /* wait for what was started through hg.async/1; then on_async is called */
};

enum { HG_LOG_DEBUG = 1, HG_LOG_INFO = 2, HG_LOG_WARN = 3, HG_LOG_ERROR = 4 };

/* What a call of create() may fail with; filled through hg_host.fail only. */
typedef struct hg_error hg_error;

/* One client request, from its first byte to its last. Valid inside the callback that got it. */
typedef struct hg_call hg_call;

/* The gateway, as a plugin sees it. Lives as long as the process. */
typedef struct hg_host hg_host;
struct hg_host {
  uint32_t size;
  uint32_t abi_minor;
  hg_str version; /* of the gateway, UTF-8 */

  /* A host extension table by its id, for example "hg.message/1" (message.h). NULL when this
   * gateway does not have it. The table lives as long as the process. [any] */
  const void* (*extension)(const hg_host* host, hg_str id)HG_NOEXCEPT;

  /* Writes to the gateway's log with the plugin's id in front. UTF-8; never log a secret. [any] */
  void (*log)(const hg_host* host, uint32_t level, hg_str message) HG_NOEXCEPT;

  /* Says why create() fails. `pointer` is a JSON pointer into the plugin's config, or empty; the
   * user is shown the file, line and column of it. Copies. May be called several times: all faults
   * are shown. [main] */
  void (*fail)(hg_error* error, hg_str pointer, hg_str message) HG_NOEXCEPT;
};

/* What create() is given. */
typedef struct hg_create {
  uint32_t size;
  uint32_t reserved;
  hg_str config; /* JSON, valid against the manifest's schema; "{}" where the user wrote nothing */
  hg_str place;  /* where in the configuration, for messages: "binds[0]...providers[1]" */
  hg_str name;   /* provider: the user's name for it; otherwise empty */
  uint64_t instance; /* what is being made, for hg.shared/1 */
} hg_create;

/*
 * The life of one configured use of a plugin. The instance is shared by all workers and must not
 * change after create, or be safe against itself; what changes per request and needs no lock goes
 * into the worker state.
 *
 *   create [main] -> worker_create, once per worker [worker] -> requests, on_background [worker]
 *   -> worker_destroy [worker] -> destroy [main]
 */
typedef struct hg_instance_api {
  uint32_t size;
  uint32_t reserved;

  /* Makes an instance, or reports why not through host->fail(error, ...) and returns non-zero.
   * All views are valid during the call only. `*instance` may stay NULL. [main] */
  int32_t (*create)(const hg_host* host, const hg_create* in, void** instance,
                    hg_error* error) HG_NOEXCEPT;
  /* [main] May be NULL, as may all that follow. */
  void (*destroy)(void* instance) HG_NOEXCEPT;
  /* Makes this worker's state. Non-zero: the configuration is not applied. [worker] */
  int32_t (*worker_create)(void* instance, uint32_t worker, void** state) HG_NOEXCEPT;
  void (*worker_destroy)(void* instance, void* state) HG_NOEXCEPT;
  /* Work that belongs to no request: a token to refresh, keys to fetch. `reason` is HG_ASYNC_BEGIN
   * (async.h) once this worker serves a configuration that the instance is part of, again after each
   * reload (what was outstanding is cancelled then), and a minute after a failure. HG_PAUSE: it is
   * called again, with the reason, when something comes that was started through hg.async/1.
   * HG_CONTINUE: nothing is left to do. Anything else is a failure. `call` is of no request:
   * hg.async/1 is all that it has, no message and no memory. [worker] */
  int32_t (*on_background)(void* instance, void* state, hg_call* call,
                           uint32_t reason) HG_NOEXCEPT;
} hg_instance_api;

/* Kinds of plugins. A module with an unknown kind is refused. */
enum { HG_KIND_PROVIDER = 1, HG_KIND_POLICY = 2, HG_KIND_DIALECT = 3 };

/*
 * One plugin. `manifest` is a JSON object, UTF-8, static:
 *
 *   id       "headgate.provider.acme": unique, lower case, dots
 *   kind     "provider" | "policy" | "dialect"
 *   key      the key under which users configure it (provider: the key in `provider:`; policy: the
 *            key in `policies:`); a dialect has none
 *   version  of the plugin, semantic
 *   summary  one line for `headgate plugin list`
 *   schema   the JSON Schema of its config (draft 2020-12 subset, see the plugin author's guide)
 *
 * and what provider.h, policy.h and dialect.h add for each kind. Unknown members are an error: they
 * are typing mistakes or need a newer gateway.
 */
typedef struct hg_plugin {
  uint32_t size;
  uint32_t kind;
  hg_str manifest;
  const hg_instance_api* instance;
  const void* api; /* hg_provider_api, hg_policy_api or hg_dialect_api, by kind */
} hg_plugin;

typedef struct hg_module {
  uint32_t size;
  uint32_t abi_major; /* HG_ABI_MAJOR and HG_ABI_MINOR of the headers it was compiled with */
  uint32_t abi_minor;
  uint32_t plugin_count;
  const hg_plugin* const* plugins; /* plugin_count pointers, static */
} hg_module;

/* The one exported function. Pure: no thread, no I/O, no allocation. Returns a static table, or
 * NULL when the host is not one that it can work with. [scan] */
typedef const hg_module* (*hg_module_fn)(const hg_host* host)HG_NOEXCEPT;
#define HG_MODULE_SYMBOL "hg_module_v0"
#if defined(__GNUC__)
#define HG_EXPORT __attribute__((visibility("default")))
#else
#define HG_EXPORT
#endif
HG_EXPORT const hg_module* hg_module_v0(const hg_host* host) HG_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_ABI_H */
