/* ready.h -- what was made ready once for the whole process, for libraries that keep memory of their own (linalg/ready.h).
 *
 * Kept with the allocator's hook, the engine's only global state. */
#ifndef BASE_READY_H
#define BASE_READY_H

/* The threads that were made ready so far; 0 at the start. */
int ready_threads(void);
void ready_set_threads(int threads);

#endif
