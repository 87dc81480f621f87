/* heap.c -- see heap.h.
 *
 * A block that comes from the system is zeroed by it, page by page, as it is first touched, and is gone when it is freed.  The
 * matrices of a fit are made again for the next, a few MB each, and that was a fifteenth of the time of a fit of 73,421 rows: so
 * blocks of up to 32 MB, as far as glibc goes by itself as it sees blocks freed, come from the heap, which keeps twice as much at
 * its end.  The growing columns of a file would leave their former places behind there as holes: while one is read, blocks from a
 * megabyte on come from the system. */
#include "session/heap.h"

#include <malloc.h>

enum { MB = 1 << 20, GROWING = MB, LARGEST = 32 * MB };

void heap_settle(bool growing)
{
    (void)mallopt(M_MMAP_THRESHOLD, growing ? GROWING : LARGEST);
    (void)mallopt(M_TRIM_THRESHOLD, 2 * LARGEST);
}
