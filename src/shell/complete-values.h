/* complete-values.h -- the values of a variable, behind a comparison with it. */
#ifndef SHELL_COMPLETE_VALUES_H
#define SHELL_COMPLETE_VALUES_H

#include "shell/complete-names.h"

/* Where the word [word, cursor) stands behind `Subject == `, `!=` or `%in% c("a", `: offers the values of that variable.  False
 * where it does not, or the variable has neither levels nor TRUE and FALSE.  The expression begins at `from`. */
bool complete_compared(struct seek *seek, const char *line, size_t from, size_t word, size_t cursor);

#endif
