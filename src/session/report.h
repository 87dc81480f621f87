/* report.h -- shows errors: the only place that does. */
#ifndef SESSION_REPORT_H
#define SESSION_REPORT_H

#include "session/session.h"

/* The input in which a command stands. */
struct origin {
    const char *name; /* the script's, "stdin", "-e"; NULL: typed at the prompt */
    const char *text; /* whole lines; borrowed */
    size_t length;
    long line;                  /* the number of the text's first line, from 1 */
    size_t begin;               /* where the command begins: spans count from here */
    const struct origin *outer; /* of the command that runs this script, or NULL */
    int prompt_width;           /* columns of the prompt, where the text's last line was just typed behind it; else 0 */
};

/* Shows the error on standard error: as text with its place, the source line and a caret, or as a JSON object where the
 * format is JSON.
 * `usage` (NULL: none) is shown below a misuse. */
void session_report(struct session *session, const struct glmm_error *err, const struct origin *origin, const char *usage);

/* 1 a command failed, 2 usage or syntax, 3 file, 130 interrupted; 0 for no error. */
int error_status(const struct glmm_error *err);

/* "syntax", "usage", ... */
const char *error_name(enum glmm_code code);

/* A notice on standard error ("mixsh: ..."). */
void session_notice(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
