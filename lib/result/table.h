/* table.h -- how a table comes into being inside an arena; filling one is result.h's. */
#ifndef RESULT_TABLE_H
#define RESULT_TABLE_H

#include "result/result.h"

/* An empty table of the arena; NULL when memory is out.  key and title are copied and may be NULL. */
struct table *table_new(struct arena *arena, const char *key, const char *title);

#endif
