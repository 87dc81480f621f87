/* glmm.h -- libglmm: linear and generalized linear mixed models.
 *
 * The engine never prints, exits or reads a terminal.  Objects are opaque; each has a _new and a _free that takes NULL.
 * A function that can fail takes a struct glmm_error (zeroed by the caller) and returns NULL or false when it fails.
 * Licence: GPL-3.0-or-later. */
#ifndef GLMM_H
#define GLMM_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- errors ------------------------------------------------------------------------------- */

enum glmm_code {
    GLMM_OK = 0,
    GLMM_E_SYNTAX,      /* a text that cannot be parsed */
    GLMM_E_USAGE,       /* a call that does not fit its command: arguments, options */
    GLMM_E_NAME,        /* an unknown name */
    GLMM_E_TYPE,        /* a value of the wrong type */
    GLMM_E_VALUE,       /* a value out of range */
    GLMM_E_DATA,        /* data that cannot be used as asked */
    GLMM_E_MODEL,       /* a model that cannot be stated or fitted */
    GLMM_E_STATE,       /* nothing loaded, nothing fitted */
    GLMM_E_FILE,        /* a file that cannot be read or written */
    GLMM_E_LIMIT,       /* larger than this program can do */
    GLMM_E_MEMORY,      /* out of memory */
    GLMM_E_INTERRUPT    /* stopped by the caller */
};

/* Bytes [begin, end) of the text at fault; begin is -1 where there is none. */
struct glmm_span {
    int begin, end;
};

struct glmm_error {
    enum glmm_code code;
    struct glmm_span at;
    long line;              /* in an input file, from 1; 0 where there is none */
    char message[512];      /* one sentence, without a full stop at the end unless it has several */
    char hint[256];         /* the nearest right thing, or empty */
};

/* --- progress and interruption ------------------------------------------------------------ */

/* `tell` returns false to stop the work; `total` is 0 where it is unknown; `value` is the deviance, or NaN. */
struct glmm_progress {
    bool (*tell)(void *context, const char *what, double done, double total, double value);
    void *context;
};

/* --- memory ------------------------------------------------------------------------------- */

/* Replaces the allocator of the whole engine; call it before anything else.  resize(context, old, 0) frees. */
void glmm_set_allocator(void *(*resize)(void *context, void *old, size_t size), void *context);

/* The version of the library, "major.minor.patch". */
const char *glmm_version(void);

#ifdef __cplusplus
}
#endif

#endif
