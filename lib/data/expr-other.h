/* expr-other.h -- what does the same here as a function, operator or value of another program; internal to the expr files.  Each
 * gives a sentence for a hint, or NULL. */
#ifndef DATA_EXPR_OTHER_H
#define DATA_EXPR_OTHER_H

/* Of a function, whatever its case: `missing`, `AVG`. */
const char *expr_other_function(const char *name);

/* Of a word that stands where an operator is missing: `and`. */
const char *expr_other_operator(const char *word);

/* Of a name that is no variable: `true`. */
const char *expr_other_value(const char *name);

/* Of a sign beyond ASCII in a name that is no variable: these are read as letters. */
const char *expr_other_sign_within(const char *name);

/* Of the sign that the text begins with: `<>`. */
const char *expr_other_sign(const char *text);

#endif
