/* heap.h -- from which size on a block of memory comes from the system by itself, and goes back to it. */
#ifndef SESSION_HEAP_H
#define SESSION_HEAP_H

#include <stdbool.h>

/* Called once before threads start, and by a single thread.  `growing`: while columns of unknown length are read.  Otherwise what
 * a fit works in is kept for the next one. */
void heap_settle(bool growing);

#endif
