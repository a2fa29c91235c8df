// How many heaps the C library keeps.
#pragma once

namespace baokms::app {

// At most two arenas. By default each new thread gets one of its own, up to eight for each
// processor, and each keeps what its threads once needed. Before the first thread.
void KeepFewHeapArenas();

}  // namespace baokms::app
