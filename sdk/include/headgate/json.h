/*
 * Host extension "hg.json/1": reading and editing a JSON body without parsing it.
 *
 * The gateway scans a body once and keeps where its top-level members are; an edit is a splice
 * that is applied when the body is sent, so changing the model of a 1 MB request costs nothing of
 * its size. Pointers are RFC 6901 ("/model", "/messages/0/role"); "" is the whole body. Values are
 * JSON text, as it stands in the body: numbers keep their digits, strings their escapes and quotes.
 * HG_INVALID where the body is not JSON or the text is not a JSON value. [worker]
 */
#ifndef HEADGATE_JSON_H
#define HEADGATE_JSON_H

#include <headgate/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HG_EXT_JSON "hg.json/1"

typedef struct hg_json_ext {
  uint32_t size;
  uint32_t reserved;

  /* The value at `pointer`. HG_NOT_FOUND when there is none. */
  int32_t (*get)(hg_call *call, uint32_t message, hg_str pointer, hg_str *json) HG_NOEXCEPT;
  /* Sets the value at `pointer`. Missing objects on the way are made; array elements must exist, or
   * be "-" to append. HG_INVALID when something on the way is neither. Copies. */
  int32_t (*set)(hg_call *call, uint32_t message, hg_str pointer, hg_str json) HG_NOEXCEPT;
  /* Removes the member or element. HG_NOT_FOUND when there is none. */
  int32_t (*remove)(hg_call *call, uint32_t message, hg_str pointer) HG_NOEXCEPT;
  /* The decoded text of a JSON string value (without quotes and escapes). HG_INVALID for others. */
  int32_t (*text)(hg_call *call, hg_str json, hg_str *decoded) HG_NOEXCEPT;
  /* `text` as a JSON string with quotes and escapes. */
  hg_str (*quote)(hg_call *call, hg_str text) HG_NOEXCEPT;
  /* HG_OK when an object in the body, itself included, has a member "headgate", however its name is
   * escaped: what the neutral form keeps for the gateway and its plugins, and no upstream may get.
   * Otherwise HG_NOT_FOUND. Costs nothing: the scan of the body has seen it. Gateways of before have
   * it not: ask HG_HAS, and look yourself. */
  int32_t (*holds_reserved)(hg_call *call, uint32_t message) HG_NOEXCEPT;
} hg_json_ext;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_JSON_H */
