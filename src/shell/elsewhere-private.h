/* elsewhere-private.h -- what the two files that read R's lines share. */
#ifndef SHELL_ELSEWHERE_PRIVATE_H
#define SHELL_ELSEWHERE_PRIVATE_H

#include "lang/command.h"
#include "session/session.h"

enum { FOREIGN_ARGUMENTS = 24 };

#define FOREIGN_QUOTES "\"'" /* those of a text */

/* A line of R's, taken apart. */
struct foreign {
    struct session *session;
    struct arena *arena;
    const char *target; /* what it is assigned to, or NULL */
    const char *function, *arguments[FOREIGN_ARGUMENTS];
    int count;
    bool called, plain;  /* with parentheses; a formula or an expression */
    const char *unknown; /* a name of nothing that is there, for which another stands */
    const char *refusal; /* what has no translation, in a sentence; NULL: nothing is known of it */
    struct text *out;
};

/* False; the first sentence (NULL: memory is out) is the one that is said. */
bool foreign_refuse(struct foreign *f, const char *sentence);

/* text[begin, end) without the blanks around it: the arena's. */
const char *foreign_part(struct arena *arena, const char *text, int begin, int end);

/* Where the value of `NAME = VALUE` begins, whose name has *length bytes; NULL: it is none. */
const char *foreign_value(const char *argument, size_t *length);

/* [PACKAGE::]NAME( ARGUMENTS ), and what picks a part of its value. */
bool foreign_call(struct foreign *f, const char *text);

/* True for a function that fits models: lmer, glmmTMB, lme and others. */
bool foreign_fits(const char *name);

/* lmer(y ~ x + (1 | g), data = d, REML = FALSE), and lme(y ~ x, random = ~ 1 | g): writes the line of `fit`. */
bool foreign_fit(struct foreign *f);

/* Whether a line of `fit`, parsed, states a model here and names a method that it has. */
bool foreign_fit_runs(struct foreign *f, const struct call *call);

/* True for a function that shows a model, a variable or data and has its like here. */
bool foreign_known(const char *name);

/* Writes the line for a call: of a function that fits, reads, shows, or of a command of this shell. */
bool foreign_write(struct foreign *f);

/* The same for a command of this shell whose names stand between commas. */
bool foreign_write_commas(struct foreign *f, const char *text);

/* `m1$coef`, `d$x` (`owned`: its `d$` is gone), `d[rows, ]`: what belongs to a model, or to the data. */
bool foreign_write_part(struct foreign *f, const char *text, bool owned);

#endif
