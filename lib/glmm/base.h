/* glmm/base.h -- errors, progress and interruption, memory.  Part of <glmm.h>. */
#ifndef GLMM_BASE_H
#define GLMM_BASE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- errors ------------------------------------------------------------------------------- */

enum glmm_code {
    GLMM_OK = 0,
    GLMM_E_SYNTAX,   /* a text that cannot be parsed */
    GLMM_E_USAGE,    /* a call that does not fit its command: arguments, options */
    GLMM_E_NAME,     /* an unknown name */
    GLMM_E_TYPE,     /* a value of the wrong type */
    GLMM_E_VALUE,    /* a value out of range */
    GLMM_E_DATA,     /* data that cannot be used as asked */
    GLMM_E_MODEL,    /* a model that cannot be stated or fitted */
    GLMM_E_STATE,    /* nothing loaded, nothing fitted */
    GLMM_E_FILE,     /* a file that cannot be read or written */
    GLMM_E_LIMIT,    /* larger than this program can do */
    GLMM_E_MEMORY,   /* out of memory */
    GLMM_E_INTERRUPT /* stopped by the caller */
};

/* Bytes [begin, end) of the text at fault; begin is -1 where there is none. */
struct glmm_span {
    int begin, end;
};

struct glmm_error {
    enum glmm_code code;
    struct glmm_span at;
    long line;            /* in an input file, from 1; 0 where there is none */
    const char *argument; /* what is at fault, by the name of the argument or option: "formula", "weights", "path"; `at` is in its
                             text then.  A constant text; NULL where none is */
    char message[512];    /* one sentence, without a full stop at the end unless it has several */
    char hint[256];       /* the nearest right thing, or empty */
};

/* --- progress and interruption ------------------------------------------------------------ */

/* `tell` returns false to stop the work; `total` is 0 where it is unknown; `value` is the deviance, or NaN.  The engine may call
 * it from a thread of its own, but never from two at once.  `note` gets a sentence before a step that takes more than half of the
 * memory that is free; NULL: nobody asks. */
struct glmm_progress {
    bool (*tell)(void *context, const char *what, double done, double total, double value);
    void *context;
    void (*note)(void *context, const char *text);
    const struct glmm_team *team; /* who shares the replicates; NULL: this process does them all */
};

/* Processes, on one machine or many, that run the same program on the same data share the replicates of a bootstrap, of a power
 * and the like, and each of them gets all results, the same bytes for any size.  Called by the thread that called the engine. */
struct glmm_team {
    int rank, size;
    /* Puts the bitwise or of all members' bytes in their place; the bytes of who has none are 0.  `what` and `count` are the same
     * in all members where all goes well.  False where that is not to be had. */
    bool (*gather)(void *context, const char *what, void *bytes, size_t count);
    /* Rank 0 tells the others to stop; the others are asked whether they are told to. */
    bool (*stops)(void *context, bool stop);
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
