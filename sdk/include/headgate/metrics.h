/*
 * Host extension "hg.metrics/1": numbers of a plugin's own on the gateway's /metrics.
 *
 * What a plugin counts stands in its manifest:
 *
 *   metrics  [{"name": "refusals_total", "type": "counter", "help": "Requests that were refused.",
 *              "labels": ["reason"]},
 *             {"name": "checks_running", "type": "gauge", "help": "..."},
 *             {"name": "check_seconds", "type": "histogram", "help": "...", "buckets": [0.1, 1]}]
 *
 * At most 32, each with at most 8 labels and 40 buckets. Names are lower case, with digits and '_';
 * a counter's ends in _total. They are shown as plugin_ID_NAME, with '_' for what is no letter or
 * digit in the plugin's id: plugin_com_example_policy_refusals_total.
 *
 * A metric has at most 200 series; what other label values would count is counted in one series
 * whose every label is "other". Series stay as long as the process: no label whose values clients
 * can make up.
 *
 * `host` is the one that create() was given.
 */
#ifndef HEADGATE_METRICS_H
#define HEADGATE_METRICS_H

#include <headgate/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HG_EXT_METRICS "hg.metrics/1"

typedef struct hg_metrics_ext {
  uint32_t size;
  uint32_t reserved;

  /* The series of a metric (its place in the manifest's list, from 0) with these label values, one
   * for each of its labels, in their order. UTF-8, at most 128 bytes each. The id lives as long as
   * the process: take it in create() or keep it, for this takes a lock. HG_NOT_FOUND: there is no
   * such metric. HG_INVALID: not one value per label, or not such a value. HG_DENIED: nothing is
   * counted here. [any] */
  int32_t (*series)(const hg_host* host, uint32_t metric, const hg_str* values,
                    uint32_t value_count, uint64_t* series) HG_NOEXCEPT;
  /* Adds to a counter or, also below 0, to a gauge, which is the sum of what all workers added.
   * HG_INVALID: not such a series, or less than 0 for a counter. HG_DENIED: not on a worker's
   * thread. [worker] */
  int32_t (*add)(const hg_host* host, uint64_t series, int64_t amount) HG_NOEXCEPT;
  /* Adds a value to a histogram. HG_INVALID: not such a series, or no number. HG_DENIED: not on a
   * worker's thread. [worker] */
  int32_t (*observe)(const hg_host* host, uint64_t series, double value) HG_NOEXCEPT;
} hg_metrics_ext;

#ifdef __cplusplus
}
#endif

#endif /* HEADGATE_METRICS_H */
