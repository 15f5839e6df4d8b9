/*
 * Host extension "hg.credential/1": with what an attempt proves who it is to the provider.
 *
 * A policy whose manifest says "credential": true chooses the credential of an attempt in
 * on_attempt. Where none did, the client's own credential goes through if it stands in the place that
 * the provider's manifest names and no policy consumed it. In every other case the gateway strips the
 * client's credential from every place where one can be. [worker]
 */
#ifndef HEADGATE_CREDENTIAL_H
#define HEADGATE_CREDENTIAL_H

#include <headgate/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HG_EXT_CREDENTIAL "hg.credential/1"

/* Unknown kinds count as HG_CREDENTIAL_NONE. */
enum {
  HG_CREDENTIAL_NONE = 0,
  HG_CREDENTIAL_KEY = 1,    /* `value` is an API key or a bearer token of the configuration's */
  HG_CREDENTIAL_CLIENT = 2, /* `value` is what the client sent */
  HG_CREDENTIAL_CLOUD = 3   /* `value` is a JSON object of the cloud's parts, for sign() */
};

/* Unknown places are refused with HG_INVALID. */
enum {
  HG_PLACE_DEFAULT = 0, /* where the provider's manifest says */
  HG_PLACE_HEADER = 1,  /* header `name` with `prefix` before the value */
  HG_PLACE_QUERY = 2,   /* query parameter `name` */
  HG_PLACE_COOKIE = 3   /* cookie `name` */
};

typedef struct hg_credential {
  uint32_t size;
  uint32_t kind;
  hg_str value;
  uint32_t place;
  uint32_t reserved;
  hg_str name;   /* with a place other than the default */
  hg_str prefix; /* "Bearer ", for headers */
} hg_credential;

typedef struct hg_credential_ext {
  uint32_t size;
  uint32_t reserved;

  /* Chooses the credential of this attempt. Copies. on_attempt of a policy only. */
  int32_t (*set)(hg_call *call, const hg_credential *credential) HG_NOEXCEPT;
  /* Says that the client's credential was meant for the gateway: it never leaves it. `header` names
   * the header that it stood in, or is "?" and the name of the query parameter. on_request of a
   * policy only. */
  int32_t (*consume)(hg_call *call, hg_str header) HG_NOEXCEPT;
  /* Puts the credential into HG_UPSTREAM at its place. For a provider's sign(); it is what happens
   * where sign is NULL. */
  int32_t (*place)(hg_call *call, const hg_credential *credential) HG_NOEXCEPT;
} hg_credential_ext;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_CREDENTIAL_H */
