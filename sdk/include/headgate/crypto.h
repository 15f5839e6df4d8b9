/*
 * Host extension "hg.crypto/1": so that a plugin needs no crypto library of its own. [any]
 */
#ifndef HEADGATE_CRYPTO_H
#define HEADGATE_CRYPTO_H

#include <headgate/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HG_EXT_CRYPTO "hg.crypto/1"

typedef struct hg_crypto_ext {
  uint32_t size;
  uint32_t reserved;

  void (*sha256)(hg_str bytes, uint8_t out[32]) HG_NOEXCEPT;
  void (*hmac_sha256)(hg_str key, hg_str bytes, uint8_t out[32]) HG_NOEXCEPT;
  /* Whether two byte strings are equal, in a time that depends on their lengths only: 1 or 0. */
  int32_t (*equal)(hg_str a, hg_str b) HG_NOEXCEPT;
  /* Fills `out` with random bytes fit for secrets. HG_OK, or HG_INVALID if the system has none. */
  int32_t (*random)(uint8_t *out, size_t bytes) HG_NOEXCEPT;
} hg_crypto_ext;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_CRYPTO_H */
