#include "app/process/heap_arenas.h"

#include <malloc.h>

namespace baokms::app {

// Two threads work at a time: the one that serves calls and the transport's.
void KeepFewHeapArenas() { mallopt(M_ARENA_MAX, 2); }

}  // namespace baokms::app
