/* values.h -- values in the lines of a script: `$NAME`, `${NAME}`, and `$$` for the sign itself. */
#ifndef LANG_VALUES_H
#define LANG_VALUES_H

#include "base/error.h"
#include "base/text.h"

/* A value that stands for `$NAME`; a list is ended by a NULL name. */
struct script_value {
    const char *name, *value;
};

/* Appends the line with its values put in; what stands behind a `#` outside quotes is left as it is.  False with err, at its
 * place in the line, for a name that has no value. */
bool values_put(const struct script_value *values, const char *line, size_t length, struct text *out, struct glmm_error *err);

#endif
