/*
 * Host extension "hg.message/1": the messages of one request.
 *
 * A call has up to three messages. Which of them a plugin may read and write depends on the
 * callback; the table in policy.h and provider.h says it. Writing where it is not allowed returns
 * HG_DENIED and changes nothing.
 *
 *   HG_REQUEST   what the client asked, as the policies before this one left it. One per call.
 *   HG_UPSTREAM  what goes to the provider in this attempt: each attempt has its own copy.
 *   HG_RESPONSE  what comes back: from on_head on the provider's, later what goes to the client.
 *
 * Views that these functions return stay valid until the callback returns; a setter never
 * invalidates a view that was taken in the same callback. All functions [worker].
 */
#ifndef HEADGATE_MESSAGE_H
#define HEADGATE_MESSAGE_H

#include <headgate/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { HG_REQUEST = 0, HG_UPSTREAM = 1, HG_RESPONSE = 2 };

#define HG_EXT_MESSAGE "hg.message/1"

typedef struct hg_message_ext {
  uint32_t size;
  uint32_t reserved;

  /* Method and target (path with query) of a request message; empty for HG_RESPONSE. */
  hg_str (*method)(hg_call *call, uint32_t message) HG_NOEXCEPT;
  hg_str (*target)(hg_call *call, uint32_t message) HG_NOEXCEPT;
  /* Sets both. The target must begin with '/'. Copies. HG_UPSTREAM only. */
  int32_t (*set_line)(hg_call *call, uint32_t message, hg_str method, hg_str target) HG_NOEXCEPT;

  /* Status of HG_RESPONSE; 0 before there is one. */
  uint32_t (*status)(hg_call *call) HG_NOEXCEPT;

  /* Headers. Names compare without case. header_at walks them in order: index from 0, HG_NOT_FOUND
   * behind the last. header_get returns the first of that name. Setters copy; a name or a value
   * with a byte that HTTP forbids is HG_INVALID. Connection-level headers cannot be set. */
  int32_t (*header_at)(hg_call *call, uint32_t message, size_t index, hg_str *name,
                       hg_str *value) HG_NOEXCEPT;
  int32_t (*header_get)(hg_call *call, uint32_t message, hg_str name, hg_str *value) HG_NOEXCEPT;
  int32_t (*header_set)(hg_call *call, uint32_t message, hg_str name, hg_str value) HG_NOEXCEPT;
  int32_t (*header_add)(hg_call *call, uint32_t message, hg_str name, hg_str value) HG_NOEXCEPT;
  int32_t (*header_remove)(hg_call *call, uint32_t message, hg_str name) HG_NOEXCEPT;

  /* The whole body, with all edits made so far. HG_RESPONSE: only in on_body and in on_response of a
   * policy whose manifest asks for the body. Empty when there is none. */
  hg_str (*body)(hg_call *call, uint32_t message) HG_NOEXCEPT;
  /* Replaces the body; Content-Length follows. Copies. */
  int32_t (*set_body)(hg_call *call, uint32_t message, hg_str bytes) HG_NOEXCEPT;
  /* Replaces the body without a copy: the gateway calls release(context) exactly once, on this
   * worker, when it no longer needs the bytes, also if this function fails. */
  int32_t (*give_body)(hg_call *call, uint32_t message, hg_str bytes,
                       void (*release)(void *context) HG_NOEXCEPT, void *context) HG_NOEXCEPT;
  /* HG_UPSTREAM gets the body of HG_REQUEST, uncopied, with the edits made so far. Later edits of
   * HG_UPSTREAM (json.h) do not touch HG_REQUEST. */
  int32_t (*share_body)(hg_call *call) HG_NOEXCEPT;

  /* Data between plugins, by name ("auth.subject"): any JSON value as text. At most 64 names. */
  int32_t (*attribute_get)(hg_call *call, hg_str name, hg_str *json) HG_NOEXCEPT;
  int32_t (*attribute_set)(hg_call *call, hg_str name, hg_str json) HG_NOEXCEPT;

  /* Memory that lives as long as the call; never freed singly. NULL when the bound of the call's
   * memory is reached. `alignment` is a power of two, at most 16. */
  void *(*allocate)(hg_call *call, size_t bytes, size_t alignment) HG_NOEXCEPT;

  /* Records an error as the answer, which the client gets in its own API's format when the callback
   * returns HG_STOP (policy, dialect) or HG_ABORT (provider). `code` is a stable word
   * ("invalid_api_key"), `message` is for humans; both UTF-8. status is 400 to 599. Copies. */
  int32_t (*respond_error)(hg_call *call, uint32_t status, hg_str code, hg_str message) HG_NOEXCEPT;
  /* Records a whole answer as it is. `content_type` may be empty when body is. Copies. */
  int32_t (*respond)(hg_call *call, uint32_t status, hg_str content_type, hg_str body) HG_NOEXCEPT;

  /* As respond_error(), and names the member of the request that is at fault, as its users write it:
   * "messages[2].content"; may be empty. Gateways of before have it not: ask HG_HAS. */
  int32_t (*respond_error_at)(hg_call *call, uint32_t status, hg_str code, hg_str message,
                              hg_str member) HG_NOEXCEPT;
} hg_message_ext;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_MESSAGE_H */
