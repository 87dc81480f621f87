/* magic.h -- what a file is that is no text, by its first bytes. */
#ifndef DATA_MAGIC_H
#define DATA_MAGIC_H

#include <stddef.h>

struct magic {
    const char *name;   /* "an Excel workbook (xlsx)" */
    const char *advice; /* how to get a text file of it */
};

/* Of the first bytes of a file (some thousand, or all that there are), after gunzip.  NULL for what is not known.  Static. */
const struct magic *magic_find(const char *bytes, size_t count);

#endif
