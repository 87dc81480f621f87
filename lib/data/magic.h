/* magic.h -- what a file is that is no plain text, by its first bytes. */
#ifndef DATA_MAGIC_H
#define DATA_MAGIC_H

#include <stddef.h>

/* What a reader is there for (foreign.h). */
enum magic_format {
    MAGIC_OTHER,
    MAGIC_PACKED, /* by a program that packs one file */
    MAGIC_STATA,
    MAGIC_SPSS,
    MAGIC_SAS,
    MAGIC_SAS_TRANSPORT,
    MAGIC_SQLITE,
    MAGIC_WORKBOOK,
    MAGIC_R,
    MAGIC_ODBC /* no file: a source of data by its name (foreign.h) */
};

struct magic {
    const char *name;   /* "an Excel workbook (xlsx)" */
    const char *advice; /* how to get a text file of it */
    enum magic_format format;
};

/* Of the first bytes of a file (some thousand, or all that there are), after gunzip.  NULL for what is not known.  Static. */
const struct magic *magic_find(const char *bytes, size_t count);

/* Of a text that a statistics program printed, by lines that such output has and tables of data do not.  NULL for others.
 * Static. */
const struct magic *magic_of_output(const char *bytes, size_t count);

/* Of a text of another kind, by what all its first lines are: sequences, references, YAML.  NULL for others.  Static. */
const struct magic *magic_of_text(const char *bytes, size_t count);

/* Of a file that is a program by the end of its name: "lesson.mix", "fit.R".  NULL for others.  Static. */
const struct magic *magic_of_name(const char *path);

#endif
