/* r-short-form.c -- vectors that R keeps in fewer numbers than they have (ALTREP of "R Internals" 1.8), written out. */
#include "data/r-object-private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/frame.h"

struct r_object *r_expand_sequence(struct r_reader *r, const struct r_object *state, bool integers)
{
    const double *s = state->as.real;
    struct r_object *object;

    if (state->kind != R_REAL || state->length < 3 || !(s[0] >= 0.0 && s[0] <= 1e9))
        return r_damaged(r, "a sequence has no length");
    object = r_make(r, integers ? R_INTEGER : R_REAL, (size_t)s[0], integers ? sizeof(int32_t) : sizeof(double));
    for (size_t i = 0; object != NULL && i < object->length; i++) {
        double x = s[1] + (double)i * s[2];

        if (!integers)
            ((double *)object->as.real)[i] = x;
        else
            ((int32_t *)object->as.integer)[i] = fabs(x) < 2147483648.0 ? (int32_t)x : INT32_MIN;
    }
    return object;
}

struct r_object *r_expand_texts(struct r_reader *r, const struct r_object *state)
{
    const struct r_object *x = state->kind == R_PAIRS ? state->head : NULL;
    struct r_object *object;
    char buffer[40];

    if (x == NULL || (x->kind != R_INTEGER && x->kind != R_REAL))
        return r_other(r, "texts in a form that is not known");
    object = r_make(r, R_TEXTS, x->length, sizeof(struct r_text));
    for (size_t i = 0; object != NULL && i < x->length; i++) {
        struct r_text *text = (struct r_text *)&object->as.texts[i];

        *text = (struct r_text){ 0 };
        if (x->kind == R_INTEGER ? x->as.integer[i] == INT32_MIN : isnan(x->as.real[i]))
            continue;
        if (x->kind == R_INTEGER)
            snprintf(buffer, sizeof buffer, "%d", (int)x->as.integer[i]);
        else
            number_as_r(x->as.real[i], buffer);
        if (!r_set_text(r, text, buffer, strlen(buffer), false))
            return NULL;
    }
    return object;
}
