/* error.h -- what the user or the system did wrong.
 *
 * A function that can fail takes a `struct glmm_error *err` as its last parameter, returns false or NULL, and has
 * filled *err by then.  The first error wins: a second fail() on a filled error changes nothing.  err may be NULL.
 * A bug is an assert; a numerical outcome (singular, not converged, interrupted) is a field of the result. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include "glmm.h"

/* No place: for errors that belong to no text. */
extern const struct glmm_span NOWHERE;

/* The bytes [begin, end) of the text that is being read. */
struct glmm_span span_of(int begin, int end);

/* Sets *err (unless it is filled, or NULL) and returns false, so that callers write `return fail(...)`.  Names that come in by %s
 * are made safe (base/safe.h); line breaks are the format's.  A name that is NULL could not be made: then memory is out. */
bool fail(struct glmm_error *err, enum glmm_code code, struct glmm_span at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Out of memory; returns false. */
bool fail_memory(struct glmm_error *err);

/* Sets the next step shown below the message ("did you mean ..."), when there is none yet; none where a name is NULL. */
void error_hint(struct glmm_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says which argument the error is about ("weights"), where none is named yet; one of memory or of an interruption is about none.
 * `name` is a constant.  Returns false. */
bool error_argument(struct glmm_error *err, const char *name);

/* The static analyzer sees one file at a time: here it learns what the three return.  So does `make coverage`, which would count
 * a branch for what they never return in each `... || fail(...)`. */
#if defined(__clang_analyzer__) || defined(FAIL_IS_FALSE)
#define fail(...)                 ((void)fail(__VA_ARGS__), false)
#define fail_memory(err)          ((void)fail_memory(err), false)
#define error_argument(err, name) ((void)error_argument(err, name), false)
#endif

/* Whether the error is about that argument. */
bool error_is_about(const struct glmm_error *err, const char *name);

/* Shifts the span of a filled error: for a text that was a part, from byte `offset`, of a larger one. */
void error_shift(struct glmm_error *err, int offset);

/* Empties *err. */
void error_clear(struct glmm_error *err);

#endif
