/* glmm-tests.c -- see glmm.h: tests and explained variance. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "glmm-objects.h"
#include "glmm.h"
#include "infer/anova.h"
#include "infer/hypothesis.h"
#include "infer/r2.h"

/* --- linear hypotheses ----------------------------------------------------------------------------- */

bool ddf_take(enum glmm_ddf ddf, enum linear_ddf *out, struct glmm_error *err)
{
    static const enum linear_ddf kinds[] = { LINEAR_SATTERTHWAITE, LINEAR_NORMAL, LINEAR_KENWARD_ROGER };

    if ((unsigned)ddf > GLMM_KENWARD_ROGER)
        return fail(err, GLMM_E_USAGE, NOWHERE, "there are no degrees of freedom %d", (int)ddf);
    *out = kinds[ddf];
    return true;
}

struct glmm_hypothesis hypothesis_of(const struct linear_test *test)
{
    double none = (double)NAN;

    if (test->verdict != LINEAR_TESTED)
        return (struct glmm_hypothesis){ .den_df = none, .statistic = none, .p = none };
    return (struct glmm_hypothesis){
        .tested = true, .num_df = test->num_df, .den_df = test->den_df, .statistic = test->statistic, .p = test->p
    };
}

bool glmm_fit_test(const struct glmm_fit *fit, const char *hypotheses, enum glmm_ddf ddf, struct glmm_hypothesis *out,
                   struct glmm_error *err)
{
    struct linear linear = { 0 };
    struct hypotheses read;
    struct linear_test test;
    struct arena *arena;
    enum linear_ddf kind = LINEAR_SATTERTHWAITE;
    bool ok;

    if (!argument_given(fit, "fit", err) || !argument_given(hypotheses, "hypotheses", err) || !argument_given(out, "out", err)
        || !ddf_take(ddf, &kind, err) || !fit_has_rows(fit->fit, err))
        return false;
    if ((arena = arena_new()) == NULL)
        return fail_memory(err);
    ok = (hypotheses_parse(fit->model->design, hypotheses, strlen(hypotheses), arena, &read, err)
          || error_argument(err, "hypotheses"))
         && linear_init(&linear, fit->fit, kind, NULL, err) && linear_test(&linear, &read.rows, read.right, &test, err);
    if (ok)
        *out = hypothesis_of(&test);
    linear_clear(&linear);
    arena_free(arena);
    return ok;
}

struct glmm_anova {
    struct anova *anova;
};

struct glmm_anova *glmm_anova_new(const struct glmm_fit *fit, int type, enum glmm_ddf ddf, const struct glmm_progress *progress,
                                  struct glmm_error *err)
{
    struct linear linear = { 0 };
    struct glmm_anova *out;
    enum linear_ddf kind = LINEAR_SATTERTHWAITE;

    if (!argument_given(fit, "fit", err) || !ddf_take(ddf, &kind, err) || !fit_has_rows(fit->fit, err))
        return NULL;
    if (type < 1 || type > 3) {
        fail(err, GLMM_E_USAGE, NOWHERE, "there are tests of type 1, 2 and 3, not %d", type);
        return NULL;
    }
    if ((out = NEW(struct glmm_anova)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    if (linear_init(&linear, fit->fit, kind, progress, err))
        out->anova = anova_new(fit->model, &linear, type, progress, err);
    linear_clear(&linear);
    if (out->anova != NULL)
        return out;
    mem_free(out);
    return NULL;
}

void glmm_anova_free(struct glmm_anova *anova)
{
    if (anova == NULL)
        return;
    anova_free(anova->anova);
    mem_free(anova);
}

int glmm_anova_count(const struct glmm_anova *anova)
{
    return anova == NULL ? 0 : anova->anova->count;
}

bool glmm_anova_get(const struct glmm_anova *anova, int index, const char **term, struct glmm_hypothesis *out)
{
    if (out == NULL || index < 0 || index >= glmm_anova_count(anova))
        return false;
    if (term != NULL)
        *term = anova->anova->rows[index].term;
    *out = hypothesis_of(&anova->anova->rows[index].test);
    return true;
}

/* --- explained variance ---------------------------------------------------------------------------- */

bool glmm_fit_r2(const struct glmm_fit *fit, int index, const char **name, double *marginal, double *conditional,
                 struct glmm_error *err)
{
    struct r2 *r2;
    bool ok;

    if (!argument_given(fit, "fit", err) || !argument_given(marginal, "marginal", err)
        || !argument_given(conditional, "conditional", err) || !fit_has_rows(fit->fit, err))
        return false;
    r2 = r2_new(fit->fit, NULL, err);
    if (r2 == NULL)
        return false;
    ok = index >= 0 && index < r2->count;
    if (ok) {
        if (name != NULL)
            *name = r2->method[index].method;
        *marginal = r2->method[index].marginal;
        *conditional = r2->method[index].conditional;
    } else {
        fail(err, GLMM_E_USAGE, NOWHERE, "the family has %d conventions of R2, not number %d", r2->count, index);
    }
    r2_free(r2);
    return ok;
}
