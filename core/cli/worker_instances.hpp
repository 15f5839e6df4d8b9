#pragma once
// What a snapshot's plugins have on each worker: made before the snapshot serves, ended before it
// goes away. [main]

#include "core/base/error.hpp"
#include "core/cli/worker_set.hpp"
#include "core/exchange/snapshot.hpp"

namespace headgate::cli {

// Every worker's state of every instance, or nothing; the error names the plugin. REQUIRES:
// workers.running().
Result<void> start_instances(WorkerSet& workers, const exchange::Snapshot& snapshot);

// On the workers, or where they have ended here: there is no thread of theirs left to do it on.
void stop_instances(WorkerSet& workers, const exchange::Snapshot& snapshot);

}  // namespace headgate::cli
