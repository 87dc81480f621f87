/* aside.h -- a call of another library that cannot be stopped, in a thread of its own: who waits for it looks at a watch
 * meanwhile, and leaves it to itself when that says stop. */
#ifndef BASE_ASIDE_H
#define BASE_ASIDE_H

#include "base/watch.h"

/* Calls work(context).  True when it came to its end; false when the watch stopped: then `context` is no longer the caller's, and
 * discard(context) is called when the work comes to its end.  So both may touch nothing but the context and what it owns.
 * Without a watch, or where the system gives no thread, the work is done at once. */
bool aside_run(void (*work)(void *context), void (*discard)(void *context), void *context, struct watch *watch);

#endif
